"""Explains why a server that the administrator names has not answered."""

from ..adapters.endpoint import Trouble


def explain_trouble(env, error):
    """Return why a server has not answered, and what to do next, for people.

    :param odoo.api.Environment env: in the language of the reader
    :param adapters.endpoint.EndpointError error: what went wrong
    :return: it may repeat what was sent: for those who may read that
    :rtype: str
    """
    texts = {
        Trouble.UNREACHABLE: env._(
            "The server cannot be reached (%s). Check its address, and whether it runs.",
            error.detail,
        ),
        Trouble.SLOW: env._(
            "The server does not answer in time. Try again when it has less to do."
        ),
        Trouble.BUSY: env._("The server does not answer now: %s Try again later.", error.detail),
        Trouble.DENIED: env._("The server does not accept the key: %s Check it.", error.detail),
        Trouble.MISSING: env._(
            "The server does not know the path: %s Check the address and the path.", error.detail
        ),
        Trouble.REFUSED: env._(
            "The server refuses what was sent: %s Check the name of the model.", error.detail
        ),
        Trouble.UNSAFE: env._(
            "Nothing was sent, or the server leads elsewhere: %s Enter the address at which it "
            "answers itself, with https:// unless it is in your own network.",
            error.detail,
        ),
        Trouble.TOO_LARGE: env._("It is too large for the server. %s", error.detail),
        Trouble.NOT_UNDERSTOOD: env._(
            "The answer of the server cannot be understood (%s). Check the path.", error.detail
        ),
    }
    return " ".join(texts[error.trouble].split())
