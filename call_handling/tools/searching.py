"""What searches of several models have in common."""

from odoo.fields import Domain


def person_domain(env, operator, value):
    """Return the domain of what people have whose names contain a text, as users or employees.

    The people are looked up first. The database would have to try two subqueries on every record,
    as any of them is enough.

    :return: of a model with ``user_id`` and ``employee_id``; for a search method
    :rtype: Domain
    """
    if operator in Domain.NEGATIVE_OPERATORS:
        return NotImplemented
    texts = value if operator == "in" else [value]
    named = Domain.OR(Domain("name", "ilike", text) for text in texts if text)
    people = {
        name: tuple(env[model].with_context(active_test=False)._search(named))
        for name, model in (("user_id", "res.users"), ("employee_id", "hr.employee"))
    }
    return Domain.OR(Domain(name, "in", ids) for name, ids in people.items())


def category_domain(env, operator, value):
    """Return the domain of what has a category or one below it.

    The categories are looked up first. The database knows how many calls a category has, and
    chooses the way by that, but not how many those of a subquery have.

    :param value: an id or part of a name, or several of them
    :return: of a model with ``category_id``; for a search method
    :rtype: Domain
    """
    if operator != "child_of":
        return NotImplemented
    categories = env["call.category"].with_context(active_test=False)
    return Domain("category_id", "in", categories.search([("id", "child_of", value)]).ids)
