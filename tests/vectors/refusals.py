"""refusal.json: what each client is told of each refusal and fault, made from docs/decisions.md alone; and by what a client is
recognised. `generate.py` writes it."""

import itertools
import re

READ_ROLE = 'error="insufficient_scope", scope="write"'
TYPED = "Authorization: Bearer <token>"

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Content Too Large",
    414: "URI Too Long",
    429: "Too Many Requests",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

CONTENT_TYPES = {
    "git": "text/plain; charset=utf-8",
    "git-lfs": "application/vnd.git-lfs+json",
    "hub": "application/json",
    "openai": "application/json",
    "messages": "application/json",
    "registry": "application/json",
    "npm": "application/json",
    "mlflow": "application/json",
    "browser": "text/html; charset=utf-8",
    "reason": "application/problem+json",
    "other": "application/problem+json",
}

# By what nobody but huggingface_hub tells a bad token from a missing repository.
HUB_INVALID_TOKEN = "Invalid credentials in Authorization header"

INVALID = (401, "token_invalid", 'error="invalid_token"', None)
MALFORMED = (400, "credentials_malformed", 'error="invalid_request"', None)
AMBIGUOUS = (400, "target_ambiguous", None, None)
OURS = "hub_"
RESTRICTED = (403, "restriction_insufficient", 'error="insufficient_scope"', None)


def limited(to, but):
    return [f"This token is limited to the {to}; {but}", "Use a token without that limit"]



# what: (status, code, the parameters of the Bearer challenge or None, Retry-After), and what the text must hold.
EVERYBODY = {
    "TokenRequired": ((401, "token_required", "", None), ["access token", "password"]),
    "CredentialsMalformed Form": (MALFORMED, ["one scheme and one value", TYPED]),
    "TokenInvalid Signature": (INVALID, ["not a valid access token", "HMAC", "create a new one"]),
    "TokenMistaken Placeholder": (INVALID, ["undefined or null", "is the variable set?", OURS]),
    "TokenExpired": (
        (401, "token_expired", 'error="invalid_token"', None),
        ["expired on", "Sun, 15 Jun 2025 15:06:40 GMT", "refresh"],
    ),
    "TokenRevoked": ((401, "token_revoked", 'error="invalid_token"', None), ["revoked", "Create a new one"]),
    "OrganizationTokenDeprecated": (
        (401, "org_token_deprecated", 'error="invalid_token"', None),
        ["Organization API tokens", "no longer accepted", "your own access token"],
    ),
    "RoleInsufficient read write": (
        (403, "role_insufficient", READ_ROLE, None),
        ["has the role read", "needs write", "Use a token with the role write"],
    ),
    "MembershipInsufficient read write": (
        (403, "membership_insufficient", READ_ROLE, None),
        ["Your role in this organization is read", "needs write or admin", "Ask an admin"],
    ),
    "RestrictionInsufficient repositories=acme/widget,datasets/acme/* acme/other": (
        RESTRICTED,
        limited("repositories acme/widget,datasets/acme/*", "the request is for acme/other."),
    ),
    "RestrictionInsufficient requests=POST_/v1/chat/completions;GET,PUT_/a|b/{x}?": (
        RESTRICTED,
        limited("requests POST /v1/chat/completions;GET,PUT /a|b/{x}?", "this request is none of them."),
    ),
    "TargetAmbiguous DotSegment": (AMBIGUOUS, ["`.` or `..`", "plain form"]),
    "TargetTooLong": ((414, "target_too_long", None, None), ["9000 bytes", "8192", "less"]),
    "MethodUnsupported": ((501, "method_unsupported", None, None), ["GET HEAD OPTIONS POST PUT PATCH DELETE"]),
    "RouteRefused": ((403, "route_refused", None, None), ["git-upload-pack", "git-receive-pack"]),
    "NamespaceUnknown": ((403, "namespace_unknown", None, None), ["organization", "route table"]),
    "CrossSite": ((403, "cross_site", None, None), ["another site", TYPED]),
    "PathReserved": ((404, "path_reserved", None, None), ["gate's own"]),
    "BodyUnexpected": ((400, "body_unexpected", None, None), ["GET or HEAD", "no body"]),
    "BodyTooLarge": ((413, "body_too_large", None, None), ["1 MiB", "fewer objects"]),
    "LengthTooLarge": ((413, "body_too_large", None, None), ["Content-Length", "larger than any body"]),
    "TooManyRefusals": ((429, "too_many_refusals", None, 60), ["too many", "a minute", "valid token"]),
    "TooManyRetries": ((429, "too_many_retries", None, 60), ["too many", "a minute"]),
    "fault MembershipsUnavailable": ((503, "memberships_unavailable", None, 5), ["The gate cannot look up", "Try again"]),
    "fault RevocationsUnavailable": ((503, "revocations_unavailable", None, 5), ["The gate cannot look up", "Try again"]),
    "fault OriginUnreachable": ((502, "origin_unreachable", None, 5), ["does not answer", "Try again"]),
    "fault OriginTimeout": ((504, "origin_timeout", None, 5), ["took too long", "look before"]),
    "fault Misconfigured": ((503, "gate_misconfigured", None, 5), ["not set up", "log"]),
    "fault Trapped": ((503, "gate_trapped", None, 5), ["Try again"]),
}

ONCE = {
    "CredentialsMalformed NoToken": (MALFORMED, ["no token after Bearer: is the variable set? Send", TYPED]),
    "CredentialsMalformed NoValue": (MALFORMED, ["nothing after the scheme", "is the variable set? Send"]),
    "CredentialsMalformed NoScheme": (MALFORMED, ["a scheme before the token", TYPED]),
    "CredentialsMalformed SchemeTwice": (MALFORMED, ["the scheme twice", TYPED]),
    "CredentialsMalformed Scheme": (MALFORMED, ["Bearer or Basic"]),
    "CredentialsMalformed Long": (MALFORMED, ["too long"]),
    "CredentialsMalformed Base64": (MALFORMED, ["not base64"]),
    "CredentialsMalformed NoColon": (MALFORMED, ["colon"]),
    "CredentialsMalformed InTarget": (MALFORMED, ["must not stand in the URL"]),
    "TokenInvalid Length": (INVALID, ["length", "at most 512 characters, and at least 54 after"]),
    "TokenInvalid Prefix": (INVALID, ["tokens here begin with hub_", "password of an account"]),
    "TokenInvalid Alphabet": (INVALID, ["base64url"]),
    "TokenInvalid Checksum": (INVALID, ["checksum"]),
    "TokenInvalid Version": (INVALID, ["version"]),
    "TokenInvalid UnknownKey": (INVALID, ["root key"]),
    "TokenInvalid Claims": (INVALID, ["role, bearer or subject"]),
    "TokenInvalid Structure": (INVALID, ["the lengths within it do not add up"]),
    "TokenInvalid Restriction": (INVALID, ["a restriction of it is not known here, or malformed"]),
    "TokenMistaken Empty": (INVALID, ["empty", "is the variable set?", OURS]),
    "TokenMistaken OtherService": (INVALID, ["another service", "revoke it there", OURS]),
    "TokenMistaken Quoted": (INVALID, ["quotes", OURS]),
    "TokenMistaken Blank": (INVALID, ["line end", OURS]),
    "TokenMistaken Preceded": (INVALID, ["before the access token", OURS]),
    "RoleInsufficient read contribute": ((403, "role_insufficient", READ_ROLE, None), ["has the role read", "needs write"]),
    "RestrictionInsufficient repositories=acme/widget": (
        RESTRICTED, limited("repositories acme/widget", "the request names no repository beyond doubt."),
    ),
    "RestrictionInsufficient role=read write": (RESTRICTED, limited("role read", "the request needs write.")),
    "RestrictionInsufficient areas=git settings": (RESTRICTED, limited("areas git", "the request is in settings.")),
    "RestrictionInsufficient networks=203.0.113.0/24 198.51.100.7": (
        RESTRICTED, limited("networks 203.0.113.0/24", "the request comes from 198.51.100.7."),
    ),
    "RestrictionInsufficient networks=203.0.113.0/24": (
        RESTRICTED, limited("networks 203.0.113.0/24", "where the request comes from is not known."),
    ),
    "MembershipInsufficient no_access contribute": (
        (403, "membership_insufficient", READ_ROLE, None), ["is no_access", "needs contributor"],
    ),
    "MembershipInsufficient none write": (
        (403, "membership_insufficient", READ_ROLE, None), ["is none", "needs write or admin"],
    ),
    "MembershipInsufficient contributor write": (
        (403, "membership_insufficient", READ_ROLE, None), ["is contributor", "needs write or admin"],
    ),
    "TargetAmbiguous NotAPath": (AMBIGUOUS, ["begins with /"]),
    "TargetAmbiguous EmptySegment": (AMBIGUOUS, ["two slashes"]),
    "TargetAmbiguous Backslash": (AMBIGUOUS, ["backslash"]),
    "TargetAmbiguous Control": (AMBIGUOUS, ["control character"]),
    "TargetAmbiguous Fragment": (AMBIGUOUS, ["#"]),
    "TargetAmbiguous PercentEncoding": (AMBIGUOUS, ["hexadecimal"]),
    "TargetAmbiguous Utf8": (AMBIGUOUS, ["UTF-8"]),
    "TargetAmbiguous OutOfPlace": (AMBIGUOUS, ["semicolon"]),
    "TargetAmbiguous DoubleEncoding": (AMBIGUOUS, ["encoded twice"]),
    "TargetAmbiguous RepeatedParameter": (AMBIGUOUS, ["occurs twice"]),
    "TargetAmbiguous AlikeParameter": (AMBIGUOUS, ["almost like"]),
    "TargetAmbiguous ManyParameters": (AMBIGUOUS, ["more parameters"]),
}  # fmt: skip

# Faults after which nobody knows whether the request was done.
OPEN = ("fault OriginUnreachable", "fault OriginTimeout", "fault Trapped")


def answer(name, what, client, how, says, method="GET", initiator="program", page=False):
    """One answer, by the tables of docs/decisions.md. `(text)` stands for the text of the body."""
    status, code, bearer, retry_after = how
    if what in OPEN and method in ("POST", "PATCH"):
        retry_after = None
    headers = [
        ["Content-Type", CONTENT_TYPES[client]],
        ["Cache-Control", "no-store"],
        ["X-Content-Type-Options", "nosniff"],
        ["X-Error-Code", code],
        ["X-Error-Message", HUB_INVALID_TOKEN if client == "hub" and status == 401 else "(text)"],
        ["Access-Control-Allow-Origin", "*"],
        ["Access-Control-Expose-Headers", "X-Error-Code, X-Error-Message, WWW-Authenticate, Retry-After"],
    ]
    basic = 'Basic realm="hub", charset="UTF-8"'
    if bearer is not None:
        challenge = 'Bearer realm="hub"' + (f", {bearer}" if bearer else "")
        if status == 401 and initiator != "page":
            challenge = f"{basic}, {challenge}"
        headers.append(["WWW-Authenticate", challenge])
        if client == "git-lfs" and status == 401:
            headers.append(["LFS-Authenticate", basic])
    if retry_after is not None:
        headers.append(["Retry-After", str(retry_after)])
    match client:
        case "hub":
            headers.append(["X-HF-Warning", f"{code}; (text)"])
        case "npm":
            headers.append(["npm-notice", "(text)"])
        case "browser":
            headers.append(["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"])
        case "openai" | "messages":
            # They send what failed again by themselves, a refusal for ever and a POST twice.
            if retry_after is None or not what.startswith("fault "):
                headers.append(["X-Should-Retry", "false"])
    return {
        "name": name, "what": what, "client": client, "method": method, "initiator": initiator, "page": page,
        "status": status, "phrase": PHRASES[status], "code": code, "headers": headers, "says": says,
    }  # fmt: skip


def name_of(what):
    return re.sub(r"[^a-z0-9_]+", "_", what.lower())


def answers():
    for (what, (how, says)), client in itertools.product(EVERYBODY.items(), CONTENT_TYPES):
        name = name_of(what)
        told = ["see this page", *says] if (what, client) == ("TokenRequired", "browser") else says
        yield answer(f"tells_{client}_of_{name}", what, client, how, told)
    for what, (how, says) in ONCE.items():
        yield answer(f"tells_other_of_{name_of(what)}", what, "other", how, says)
    # Nobody is asked to send a POST again that may have been done.
    for what, client in itertools.product(EVERYBODY, ("other", "openai", "messages", "hub")):
        if what.startswith("fault "):
            how, says = EVERYBODY[what]
            for method in ("POST", "PATCH", "PUT", "DELETE", "HEAD"):
                name = f"tells_{client}_of_{name_of(what)}_after_{method.lower()}"
                yield answer(name, what, client, how, says, method=method)
    # A browser asks for a password where somebody goes to a page, and not for what a page loads.
    for what, client in itertools.product(
        ("TokenRequired", "TokenInvalid Signature", "TokenExpired", "TokenRevoked"), ("hub", "other", "browser")
    ):
        how, says = EVERYBODY[what]
        for initiator in ("navigation", "page"):
            name = f"tells_{client}_of_{name_of(what)}_by_a_{initiator}"
            yield answer(name, what, client, how, says, initiator=initiator)
    for what in ("TokenRequired", "TokenRevoked", "RoleInsufficient read write", "PathReserved"):
        how, says = EVERYBODY[what]
        name = f"leads_people_to_their_tokens_after_{name_of(what)}"
        yield answer(name, what, "browser", how, says, initiator="navigation", page=True)


# (name, client, what it says of itself)
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
LFS = "application/vnd.git-lfs+json"
NAVIGATE = {"user_agent": CHROMIUM, "accept": HTML, "mode": "navigate", "dest": "document"}
FETCH = {"user_agent": CHROMIUM, "accept": "*/*", "mode": "cors", "dest": "empty"}
IMAGE = {"user_agent": CHROMIUM, "accept": "image/avif,image/webp,*/*;q=0.8", "mode": "no-cors", "dest": "image"}
NODE = {"user_agent": "node", "accept": "*/*", "mode": "cors"}
CURL = {"user_agent": "curl/8.5.0", "accept": "*/*"}
PIP = {"user_agent": 'pip/25.3 {"ci":null}', "accept": "application/vnd.pypi.simple.v1+json, text/html; q=0.01"}
UV = {"user_agent": 'uv/0.13.9 {"installer":{"name":"uv"}}', "accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.01"}
NPM = {"user_agent": "npm/10.9.2 node/v22.23.3 linux x64 workspaces/false", "accept": "application/json"}

CLIENTS = [
    ("git", "git", {"user_agent": "git/2.47.1", "accept": "*/*"}),
    ("git_on_windows", "git", {"user_agent": "git/2.47.0.windows.1", "accept": "*/*"}),
    ("jgit", "git", {"user_agent": "JGit/6.10.0", "accept": "*/*"}),
    ("go_git", "git", {"user_agent": "go-git/5.x"}),
    ("libgit2", "git", {"user_agent": "git/2.0 (libgit2 1.9.1)", "accept": "*/*"}),
    ("dulwich", "git", {"user_agent": "git/dulwich/1.2.21", "accept": "*/*"}),
    ("isomorphic_git", "git", {"user_agent": "git/isomorphic-git@1.44.17", "accept": "*/*", "mode": "cors"}),
    ("gitoxide", "git", {"user_agent": "git/oxide-0.50.0"}),
    ("git_on_an_api_path", "git", {"user_agent": "git/2.47.1", "target": "/v1/x/info/refs"}),
    ("git_that_accepts_what_git_lfs_does", "git-lfs", {"user_agent": "git/2.47.3", "accept": LFS}),
    ("git_lfs", "git-lfs", {"user_agent": "git-lfs/3.3.0 (GitHub; linux amd64; go 1.19.8)", "accept": LFS}),
    ("git_lfs_by_its_name_alone", "git-lfs", {"user_agent": "git-lfs/3.6.1 (GitHub; darwin arm64)", "accept": "*/*"}),
    ("git_lfs_by_what_it_accepts", "git-lfs", {"user_agent": "something", "accept": f"{LFS}; charset=utf-8"}),
    ("lfs_by_huggingface_hub", "hub", {"user_agent": "unknown/None; hf_hub/2.4.0; python/3.13", "accept": LFS}),
    ("lfs_by_huggingface_js", "hub", {"user_agent": "node", "accept": LFS, "mode": "cors"}),
    ("huggingface_hub", "hub", {"user_agent": "unknown/None; hf_hub/0.36.0; python/3.12.3; torch/2.4"}),
    ("huggingface_hub_behind_a_library", "hub", {"user_agent": "transformers/5.2; hf_hub/2.4.0; python/3.13"}),
    ("huggingface_hub_of_another_name", "hub", {"user_agent": "huggingface_hub/1.0"}),
    ("hf_xet", "hub", {"user_agent": "hf_xet/1.1", "accept": "*/*"}),
    ("huggingface_hub_at_an_inference_api", "hub", {"user_agent": "unknown/None; hf_hub/2.4.0", "target": "/v1/chat/completions"}),
    ("huggingface_js_in_node", "hub", NODE | {"target": "/api/models/acme/widget"}),
    ("huggingface_js_in_a_browser", "hub", FETCH | {"target": "/api/models/acme/widget?expand=sha"}),
    ("huggingface_js_that_downloads", "hub", NODE | {"target": "/acme/widget/resolve/main/config.json"}),
    ("huggingface_js_that_reads_raw", "hub", NODE | {"target": "/datasets/acme/corpus/raw/main/README.md"}),
    ("curl_at_the_hub_api", "hub", CURL | {"target": "/api/whoami-v2"}),
    ("nobody_at_the_hub_api", "hub", {"target": "/api/models"}),
    ("a_navigation_to_the_hub_api", "hub", NAVIGATE | {"target": "/api/models/acme/widget"}),
    ("a_navigation_to_a_file", "browser", NAVIGATE | {"target": "/acme/widget/resolve/main/config.json"}),
    ("an_image_of_a_repository", "hub", IMAGE | {"target": "/acme/widget/resolve/main/logo.png"}),
    ("a_word_that_only_begins_like_the_hub_api", "other", CURL | {"target": "/apis/x"}),
    ("a_name_in_a_query", "other", CURL | {"target": "/search?next=/api/models/resolve/main/v1/"}),
    ("openai_python", "openai", {"user_agent": "OpenAI/Python 3.57.0", "accept": "application/json"}),
    ("openai_python_async", "openai", {"user_agent": "AsyncOpenAI/Python 3.57.0", "accept": "application/json"}),
    ("openai_node", "openai", {"user_agent": "OpenAI/JS 6.49.0", "accept": "application/json"}),
    ("ai_sdk", "openai", {"user_agent": "ai/6.0.326 ai-sdk/openai/3.0.141 runtime/node.js/22", "accept": "*/*", "mode": "cors"}),
    ("curl_at_an_inference_api", "openai", CURL | {"target": "/v1/chat/completions"}),
    ("nobody_at_an_inference_api", "openai", {"target": "/v1/models"}),
    ("a_page_at_an_inference_api", "openai", FETCH | {"target": "/v1/embeddings"}),
    ("an_inference_api_behind_its_name", "openai", CURL | {"target": "/hf-inference/v1/chat/completions"}),
    ("a_model_behind_an_inference_api", "openai", CURL | {"target": "/hf-inference/models/acme/widget/v1/chat/completions"}),
    ("a_model_of_a_bare_name_there", "openai", CURL | {"target": "/models/widget/v1/embeddings"}),
    ("cohere_version_2", "openai", CURL | {"target": "/v2/rerank"}),
    ("a_revision_named_v1", "hub", CURL | {"target": "/acme/widget/resolve/v1/config.json"}),
    ("a_repository_named_v1", "other", CURL | {"target": "/acme/v1/tree/main"}),
    ("the_messages_api_by_its_path", "messages", CURL | {"target": "/v1/messages"}),
    ("the_messages_api_counting_tokens", "messages", CURL | {"target": "/v1/messages/count_tokens?beta=true"}),
    ("anthropic_python", "messages", {"user_agent": "Anthropic/Python 2.14.0", "accept": "application/json"}),
    ("anthropic_by_its_version", "messages", CURL | {"target": "/anthropic/x", "anthropic": True}),
    ("ai_sdk_for_the_messages_api", "messages", {"user_agent": "ai/6.0.326 ai-sdk/anthropic/3.0.1 ai-sdk/provider-utils/4.0"}),
    ("docker_at_the_root", "registry", {"user_agent": "docker/28.5.1 go/go1.24", "target": "/v2/"}),
    ("docker_at_the_root_without_a_slash", "registry", {"user_agent": "docker/28.5.1 go/go1.24", "target": "/v2"}),
    ("docker_that_pulls", "registry", {"user_agent": "docker/28.5.1 go/go1.24", "target": "/v2/acme/widget/manifests/latest"}),
    ("skopeo", "registry", {"user_agent": "skopeo/1.18.0", "target": "/v2/acme/widget/blobs/sha256:0"}),
    ("the_catalog_of_a_registry", "registry", CURL | {"target": "/v2/_catalog?n=10"}),
    ("a_navigation_to_a_registry", "registry", NAVIGATE | {"target": "/v2/"}),
    ("npm", "npm", NPM | {"target": "/@acme%2fwidget"}),
    ("pnpm", "npm", {"user_agent": "pnpm/10.20.0 npm/? node/v22", "accept": "application/vnd.npm.install-v1+json"}),
    ("yarn", "npm", {"user_agent": "yarn/1.22.22 npm/? node/v22", "accept": "application/json"}),
    ("mlflow", "mlflow", {"user_agent": "mlflow-python-client/3.17.2", "target": "/api/2.0/mlflow/runs/create"}),
    ("mlflow_that_sends_traces", "mlflow", {"user_agent": "mlflow-python-client/3.17.2", "target": "/v1/traces"}),
    ("mlflow_s_pages", "mlflow", FETCH | {"target": "/ajax-api/2.0/mlflow/runs/delete"}),
    ("curl_at_mlflow_s_api", "hub", CURL | {"target": "/api/2.0/mlflow/runs/create"}),
    ("wget", "reason", {"user_agent": "Wget/1.21.4", "accept": "*/*"}),
    ("pip", "reason", PIP | {"target": "/simple/widget/"}),
    ("twine", "reason", {"user_agent": "twine/7.0.0 requests/2.32.5 CPython/3.13", "accept": "*/*"}),
    ("uv", "other", UV | {"user_agent": "uv/0.13.9", "accept": "application/vnd.pypi.simple.v1+json", "target": "/simple/widget/"}),
    ("firefox", "browser", {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "accept": HTML}),
    ("chromium", "browser", NAVIGATE),
    ("a_frame", "browser", NAVIGATE | {"dest": "iframe"}),
    ("a_navigation_that_accepts_anything", "browser", NAVIGATE | {"accept": "*/*"}),
    ("a_script_in_a_browser", "other", FETCH),
    ("a_script_that_asks_for_html", "other", FETCH | {"accept": HTML}),
    ("a_script_in_an_old_browser", "other", {"user_agent": "Mozilla/5.0", "accept": "*/*"}),
    ("an_image", "other", IMAGE),
    ("a_destination_alone", "other", {"user_agent": CHROMIUM, "accept": HTML, "dest": "image"}),
    ("curl", "other", CURL),
    ("nothing_said", "other", {}),
    ("a_name_that_only_holds_git", "other", {"user_agent": "legit/1.0", "accept": "*/*"}),
    ("git_in_the_middle", "other", {"user_agent": "x git/2.0", "accept": "*/*"}),
]  # fmt: skip


def clients():
    for name, client, signs in CLIENTS:
        said = {
            "target": "/acme/widget", "user_agent": None, "accept": None, "mode": None, "dest": None, "anthropic": False,
        }  # fmt: skip
        yield {"name": name} | said | signs | {"client": client}


# (name, method, target, authorization, code): requests that hold a word of the caller's wherever one can be.
MARK = "mArKeR"
ECHO = [
    ("a_method", MARK, "/acme/widget", None, "method_unsupported"),
    ("a_method_with_markup", f"<b>{MARK}", "/acme/widget", None, "method_unsupported"),
    ("a_path_without_credentials", "GET", f"/{MARK}/widget", None, "token_required"),
    ("a_query_without_credentials", "GET", f"/a?{MARK}={MARK}", None, "token_required"),
    ("markup_in_the_path", "GET", f"/<script>{MARK}</script>", None, "token_required"),
    ("two_slashes", "GET", f"/{MARK}//x", None, "target_ambiguous"),
    ("dots", "GET", f"/{MARK}/..", None, "target_ambiguous"),
    ("a_bad_escape", "GET", f"/{MARK}%zz", None, "target_ambiguous"),
    ("a_control_character", "GET", f"/{MARK}\n{MARK}", None, "target_ambiguous"),
    ("an_encoded_slash", "GET", f"/{MARK}%2F{MARK}", None, "target_ambiguous"),
    ("a_repeated_parameter", "GET", f"/{MARK}/w/info/refs?service={MARK}&service={MARK}", None, "target_ambiguous"),
    ("a_parameter_almost_alike", "GET", f"/{MARK}/w/info/refs?SERVICE={MARK}", None, "target_ambiguous"),
    ("an_unknown_service", "GET", f"/{MARK}/w/info/refs?service={MARK}", None, "route_refused"),
    ("a_long_target", "GET", f"/{MARK}" * 1400, None, "target_too_long"),
    ("a_reserved_path", "GET", f"/-/{MARK}", None, "path_reserved"),
    ("a_scheme", "GET", "/acme/widget", f"{MARK} x", "credentials_malformed"),
    ("a_scheme_alone", "GET", "/acme/widget", MARK, "credentials_malformed"),
    ("a_scheme_that_stands_twice", "GET", "/acme/widget", f"Bearer Bearer {MARK}", "credentials_malformed"),
    ("a_bearer_token", "GET", "/acme/widget", f"Bearer {MARK}", "token_invalid"),
    ("a_bearer_token_with_the_prefix", "GET", "/acme/widget", f"Bearer hub_{MARK}" + "A" * 50, "token_invalid"),
    ("a_bearer_token_in_quotes", "GET", "/acme/widget", f'Bearer "hub_{MARK}"', "token_invalid"),
    ("a_bearer_token_of_another_service", "GET", "/acme/widget", f"Bearer hf_{MARK}", "token_invalid"),
    ("a_variable", "GET", "/acme/widget", f"Bearer ${MARK}", "token_invalid"),
    ("an_assignment", "GET", "/acme/widget", f"Bearer {MARK}=hub_{MARK}", "token_invalid"),
    ("two_bearer_tokens", "GET", "/acme/widget", f"Bearer {MARK} {MARK}", "credentials_malformed"),
    ("a_bearer_token_with_markup", "GET", "/acme/widget", f"Bearer <i>{MARK}</i>", "token_invalid"),
    ("a_user_name", "GET", "/acme/widget", "Basic bUFyS2VSOng=", "token_invalid"),
    ("a_password", "GET", "/acme/widget", "Basic eDptQXJLZVI=", "token_invalid"),
    ("a_user_name_alone", "GET", "/acme/widget", "Basic bUFyS2VS", "credentials_malformed"),
    ("a_basic_value_that_is_no_base64", "GET", "/acme/widget", f"Basic {MARK}*", "credentials_malformed"),
    ("a_token_in_the_url", "GET", f"/a?access_token={MARK}", None, "credentials_malformed"),
    ("an_organization_token", "GET", "/acme/widget", f"Bearer api_org_{MARK}", "org_token_deprecated"),
    ("a_namespace_that_a_read_token_may_not_write", "POST", f"/{MARK}/{MARK}/git-receive-pack?{MARK}", "(read token)", "role_insufficient"),
    ("a_namespace_that_a_write_token_may_not_write", "POST", f"/{MARK}/{MARK}/git-receive-pack?{MARK}", "(write token)", "membership_insufficient"),
]  # fmt: skip


def refusal_vectors():
    names = ("name", "method", "target", "authorization", "code")
    return {
        "answers": list(answers()),
        "recognise": list(clients()),
        "echo": [dict(zip(names, case, strict=True)) for case in ECHO],
    }
