"""Indexes that say how a search for a part of a text is fast."""


def trigram_index(column):
    """Return the definition of an index for searches with ``ilike``, of rows that have a value.

    Odoo's own ``index="trigram"`` stores the rows without a value, too.

    :param str column: name of the column
    :return: for `models.Index`
    """

    def define(registry):
        if not registry.has_trigram:
            return ""
        text = registry.unaccent(f'"{column}"')
        return f'USING gin ({text} gin_trgm_ops) WHERE "{column}" IS NOT NULL'

    return define
