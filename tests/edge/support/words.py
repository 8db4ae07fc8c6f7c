"""The gate's text for each refusal."""

from email.utils import formatdate

from tool import Token

TOKEN_REQUIRED = (
    "This needs an access token, and none was sent. Send one as the password (with any user name), or as "
    "`Authorization: Bearer <token>`."
)
TOKEN_FORGED = (
    "This is not a valid access token: the HMAC does not match, so it was not made here. Copy the token again, or create "
    "a new one."
)
TOKEN_REVOKED = "This access token was revoked. Create a new one and use that."
ORGANIZATION_TOKEN = (
    "Organization API tokens are no longer accepted. Use your own access token: it reaches what your role in the "
    "organization allows."
)
ROLE_INSUFFICIENT = (
    "This access token has the role read, and this request needs write. Use a token with the role write."
)
LIST_UNAVAILABLE = (
    "The gate cannot look up right now which access tokens were revoked, so it accepts none. Try again in a moment."
)
MEMBERSHIPS_UNAVAILABLE = (
    "The gate cannot look up your role in this organization right now, so it changes nothing there. Try again in a "
    "moment."
)
ORIGIN_UNREACHABLE = "The server behind this gate does not answer. Try again in a moment."
ORIGIN_TIMEOUT = (
    "The server behind this gate took too long to answer. It may still do what you asked; look before you try again."
)
MISCONFIGURED = "This gate is not set up completely. Whoever runs it finds the reason in its log."
TRAPPED = "This gate failed while handling this request. Try again in a moment."
BODY_TOO_LARGE = (
    "The body is larger than 1 MiB, the limit for a body that determines what a request does. With git-lfs, ask for "
    "fewer objects at a time (lfs.transfer.batchSize)."
)
TOKEN_REQUIRED_BY_A_PAGE = (
    "You need an access token to see this page. Reload it, then enter any user name, and the token as the password."
)
TOO_MANY_RETRIES = (
    "The gate cannot check requests right now, and your address has sent too many of them. Wait a minute before you "
    "try again."
)
TOO_MANY_REFUSALS = (
    "This access token is not accepted, and too many requests from your address had such tokens. Wait a minute, or "
    "send a valid token: that is accepted at once."
)

# huggingface_hub uses this message on a 401 to distinguish an invalid token from a missing repository.
HUB_INVALID_TOKEN = "Invalid credentials in Authorization header"


def token_expired(token: Token) -> str:
    expired_at = formatdate(token.expires_at, usegmt=True)
    return f"This access token expired on {expired_at}. Create or refresh one and use that."


def membership_insufficient(held: str, needed: str = "write or admin") -> str:
    return (
        f"Your role in this organization is {held}, and this request needs {needed}. Ask an admin of the organization "
        "for that role."
    )


def refusal_of(name: str, token: Token) -> str:
    """The text for a token of `conftest.Tokens`, by its name there."""
    return {
        "forged": TOKEN_FORGED,
        "expired": token_expired(token),
        "revoked": TOKEN_REVOKED,
        "organization": ORGANIZATION_TOKEN,
        "listless": LIST_UNAVAILABLE,
    }[name]
