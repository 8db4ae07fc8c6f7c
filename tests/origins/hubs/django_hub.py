"""A hub in Django, for gunicorn: the middleware of a new project, except those that need sessions or templates.

Django decodes the query by the charset of the request's Content-Type. Bodies are decoded as Django REST framework does.
"""

import json

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from hub_answer import answer

settings.configure(
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a hub that has nothing to hide",
)


def does(request: HttpRequest, effect: str) -> HttpResponse:
    body, headers = answer(effect, request.headers.get)
    return HttpResponse(body, headers=headers)


def always(effect: str, *methods: str):
    @csrf_exempt
    @require_http_methods(methods)
    def view(request: HttpRequest, **_slots: str) -> HttpResponse:
        return does(request, effect)

    return view


@require_http_methods(["GET"])
def refs(request: HttpRequest, namespace: str, repo: str) -> HttpResponse:
    return does(request, "write" if request.GET.get("service") == "git-receive-pack" else "read")


@csrf_exempt
@require_http_methods(["POST"])
def batch(request: HttpRequest, namespace: str, repo: str) -> HttpResponse:
    operation = request.GET.get("operation") or request.POST.get("operation")
    if operation is None:
        body = json.loads(request.body.decode(request.encoding or "utf-8"))
        operation = body.get("operation") if isinstance(body, dict) else None
    return does(request, "write" if operation == "upload" else "read")


@csrf_exempt
@require_http_methods(["POST"])
def commit(request: HttpRequest, namespace: str, repo: str, rev: str) -> HttpResponse:
    create_pr = request.POST.get("create_pr", request.GET.get("create_pr"))
    return does(request, "contribute" if create_pr == "1" else "write")


@csrf_exempt
@require_http_methods(["GET", "DELETE"])
def model(request: HttpRequest, namespace: str, repo: str) -> HttpResponse:
    return does(request, "write" if request.method == "DELETE" else "read")


urlpatterns = [
    path("<namespace>/<repo>/info/refs", refs),
    path("<namespace>/<repo>/git-receive-pack", always("write", "POST")),
    path("<namespace>/<repo>/info/lfs/objects/batch", batch),
    path("api/models/<namespace>/<repo>", model),
    path("api/models/<namespace>/<repo>/settings", always("write", "PUT")),
    path("api/models/<namespace>/<repo>/xet-write-token/<rev>", always("write", "GET")),
    path("api/models/<namespace>/<repo>/paths-info/<rev>", always("read", "POST")),
    path("api/models/<namespace>/<repo>/commit/<rev>", commit),
    path("api/repos/create", always("contribute", "POST")),
    path("generate", always("read", "POST")),
    path("v1/chat/completions", always("read", "POST")),
]

application = get_wsgi_application()
