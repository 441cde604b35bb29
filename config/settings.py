"""The settings of a registry, all read from environment variables.

`.env.example` explains each variable. Nothing has to be set for a registry on your own
machine. A server usually sets `REGISTRY_HTTPS=1`, `REGISTRY_URL`, `ALLOWED_HOSTS` and
`DATABASE_URL`.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

from config.environment import LOOPBACK, Environment, host_of, invalid_variable
from registry.core.secret_files import read_or_create_secret
from registry.identity.oauth.scopes import SCOPES

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment.from_process(BASE_DIR)

# --- URL, hosts and processes ----------------------------------------------------

DEBUG = ENV.flag("REGISTRY_DEBUG")
HTTPS = ENV.flag("REGISTRY_HTTPS")
if DEBUG and HTTPS:
    raise ImproperlyConfigured(
        "REGISTRY_DEBUG is 1, but must be 0 where REGISTRY_HTTPS is 1: error pages "
        "with the settings in them are not for the public. Example: REGISTRY_DEBUG=0"
    )

PORT = ENV.number("PORT", 8000, minimum=1, maximum=65535)
_SITE = ENV.site("REGISTRY_URL", f"http{'s' if HTTPS else ''}://127.0.0.1:{PORT}")
REGISTRY_URL = _SITE.geturl()
if HTTPS and _SITE.scheme != "https":
    raise invalid_variable(
        "REGISTRY_URL",
        REGISTRY_URL,
        "an https:// address where REGISTRY_HTTPS is 1",
        "https://registry.example.org",
    )
# A registry on your own machine answers to all of its names, any other registry to its
# own name only. Health checks can use IP addresses as well (HealthCheckHostMiddleware)
_HOST = host_of(_SITE)
ALLOWED_HOSTS = ENV.hosts(
    "ALLOWED_HOSTS", sorted(LOOPBACK) if _HOST in LOOPBACK else [_HOST]
)
CSRF_TRUSTED_ORIGINS = [REGISTRY_URL]

# TLS ends at a reverse proxy, so with HTTPS there is at least one
PROXIES = ENV.number("REGISTRY_PROXIES", 1 if HTTPS else 0, minimum=0, maximum=9)
WEB_CONCURRENCY = ENV.number("WEB_CONCURRENCY", 1, minimum=1, maximum=256)
# Requests that a process answers at the same time. Slow or costly ones, such as uploads
# and pictures, never use more than half of these threads
THREADS = ENV.number("REGISTRY_THREADS", 8, minimum=2, maximum=256)
CONNECTIONS = ENV.number("REGISTRY_CONNECTIONS", 1000, minimum=16, maximum=100_000)
# The slowest client: how long it can pause while it sends a request or reads a
# response, and its minimum average rate
IDLE_SECONDS = ENV.number("REGISTRY_IDLE_SECONDS", 20, minimum=1, maximum=3600)
SLOWEST_RATE = 1024 * ENV.number("REGISTRY_SLOWEST_KB", 4, minimum=1, maximum=100_000)
# All incomplete bodies in temporary files, in each process
ARRIVING_BODIES_BYTES = 1024 * 1024 * 1024
# Seconds for each statement of a read, and for a streamed response as a whole; 0 means
# no limit
READ_SECONDS = ENV.number("REGISTRY_READ_SECONDS", 10, minimum=0, maximum=3600)
STREAM_SECONDS = ENV.number("REGISTRY_STREAM_SECONDS", 3600, minimum=0, maximum=86400)

# --- Data, database and caches ---------------------------------------------------

REGISTRY_DATA_DIR = ENV.folder("REGISTRY_DATA_DIR", BASE_DIR / "var")
STORE_DIR = REGISTRY_DATA_DIR / "store"
# With less free space the registry reports that it is not ready, before writes fail
FREE_MB = ENV.number("REGISTRY_FREE_MB", 64, minimum=0, maximum=1_000_000)
SERVED_ROOTS = ENV.folders("REGISTRY_SERVED_ROOTS")
LOAD_EXAMPLE = ENV.flag("REGISTRY_EXAMPLE", default=True)
_NAMESPACES = ENV.choice("REGISTRY_NAMESPACES", "open", ("open", "closed"))
CLOSE_NEW_NAMESPACES = _NAMESPACES == "closed"
SECRET_KEY = ENV.text("SECRET_KEY", "") or read_or_create_secret(
    REGISTRY_DATA_DIR / "secret-key"
)

_DATABASE: dict[str, Any] = ENV.database("DATABASE_URL") or {
    "ENGINE": "registry.core.sqlite3",
    "NAME": REGISTRY_DATA_DIR / "registry.sqlite3",
}
_DATABASE_OPTIONS: dict[str, Any] = _DATABASE.setdefault("OPTIONS", {})
if _DATABASE["ENGINE"].endswith("sqlite3"):
    _DATABASE["ENGINE"] = "registry.core.sqlite3"
    # Readers never wait for a writer (WAL). A writer takes its lock at the start,
    # because a transaction that begins to write later cannot wait for it. With NORMAL a
    # power cut cannot corrupt the file, but the last moments can be lost
    _DATABASE_OPTIONS.setdefault("transaction_mode", "IMMEDIATE")
    _DATABASE_OPTIONS.setdefault("timeout", 30)
    _DATABASE_OPTIONS.setdefault(
        "init_command",
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
        "PRAGMA mmap_size=268435456",
    )
    # A file, as in production: databases in memory have neither WAL nor lock timeouts
    _DATABASE.setdefault("TEST", {"NAME": REGISTRY_DATA_DIR / "test.sqlite3"})
else:
    from registry.core.postgresql import Cursor

    _DATABASE_OPTIONS["server_side_binding"] = True
    _DATABASE_OPTIONS["cursor_factory"] = Cursor
    # The cursor decides which statements are prepared. Behind a pooler that gives each
    # transaction another connection, and does not support prepared statements, set
    # DATABASE_URL=…?prepare=false
    _DATABASE_OPTIONS["prepare_threshold"] = (
        sys.maxsize if _DATABASE_OPTIONS.pop("prepare", True) else None
    )
# Each thread keeps one connection, which is checked before use: the number of threads
# limits the connections, and a pool would only add overhead to each request. If many
# threads have to share few connections, DATABASE_URL=…?pool=true enables a pool
if not _DATABASE_OPTIONS.get("pool"):
    _DATABASE.setdefault("CONN_MAX_AGE", 600)
    _DATABASE.setdefault("CONN_HEALTH_CHECKS", True)
DATABASES = {"default": _DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_SHARED_CACHE = ENV.cache("CACHE_URL")
if _SHARED_CACHE is not None:
    _SHARED_CACHE["BACKEND"] = "registry.http.caches.SharedCache"
_LOCAL_CACHE = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
CACHES = {
    # `throttle` is separate, so that clearing the cache resets no rate limit
    alias: {
        **(_SHARED_CACHE or {**_LOCAL_CACHE, "LOCATION": alias}),
        "KEY_PREFIX": alias,
    }
    for alias in ("default", "throttle")
}
# Pictures are large: in memory they have a cache with a maximum size in bytes
_PICTURE_CACHE = {
    "BACKEND": "registry.http.caches.BoundedCache",
    "LOCATION": "pictures",
    "OPTIONS": {"MAX_ENTRIES": 1000, "MAX_BYTES": 64 * 1024 * 1024},
}
CACHES["pictures"] = {**(_SHARED_CACHE or _PICTURE_CACHE), "KEY_PREFIX": "pictures"}

# --- The application -------------------------------------------------------------

INSTALLED_APPS = [
    # before the others, so that it can override their templates
    "registry",
    "config.admin.RegistryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "social_django",
    "oauth2_provider",
]

MIDDLEWARE = [
    # first, so that each response has a request id and a line in the log
    "registry.http.middleware.RequestContextMiddleware",
    "registry.http.middleware.HealthCheckHostMiddleware",
    # outside of all middleware that can raise or replace a response
    "registry.http.read_slots.ReadLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "registry.http.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "registry.http.middleware.LastSlashMiddleware",
    "config.errors.ServiceErrorMiddleware",
    # before the CSRF check, which reads forms
    "registry.http.bodies.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # after authentication, since requests are counted by account
    "registry.web.middleware.ThrottleMiddleware",
    "registry.web.middleware.LastSeenMiddleware",
    # last, as its documentation asks
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.web.context.registry",
            ],
        },
    },
]

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = REGISTRY_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "registry.http.static_files.CollectedStaticFiles"},
}
# Before the first `prepare` the files are served from their source folders
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_AUTOREFRESH = DEBUG
# one copy of each file: nothing requests the names without a hash
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# 10,000 records of a few kilobytes each in one POST are some tens of megabytes
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
# A form has one field for each value of a record, and several for links; the only file
# in any form is a crate or a sheet
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
# Only some views accept files, see registry.http.bodies.accepts_files
FILE_UPLOAD_HANDLERS = ["registry.http.bodies.RejectFilesHandler"]

# Limits of an imported RO-Crate: its size, its unpacked size, the number of its files,
# and the size of its metadata file, which is read as a whole
CRATE_UPLOAD_MB = ENV.number(
    "REGISTRY_CRATE_UPLOAD_MB", 2048, minimum=1, maximum=1_000_000
)
CRATE_UNPACKED_MB = ENV.number(
    "REGISTRY_CRATE_UNPACKED_MB", 10_240, minimum=1, maximum=10_000_000
)
CRATE_FILES = ENV.number("REGISTRY_CRATE_FILES", 10_000, minimum=1, maximum=1_000_000)
CRATE_METADATA_MB = ENV.number(
    "REGISTRY_CRATE_METADATA_MB", 32, minimum=1, maximum=1024
)

# The largest sheet of model runs, in megabytes as it is sent
SHEET_UPLOAD_MB = ENV.number("REGISTRY_SHEET_UPLOAD_MB", 20, minimum=1, maximum=1024)

# Which git repositories run requests can name: what their addresses begin with, and at
# GitHub their organisations, where any are listed. Nothing else is ever fetched.
EXAMPLE_DIR = REGISTRY_DATA_DIR / "example"
REPOSITORY_PREFIXES = (
    *ENV.repositories("REGISTRY_REPOSITORY_PREFIXES", "https://github.com/"),
    # the registry's own example
    *([f"{EXAMPLE_DIR}/repositories/"] if LOAD_EXAMPLE else []),
)
REPOSITORY_ORGANISATIONS = ENV.logins(
    "REGISTRY_REPOSITORY_ORGANISATIONS", "our-lab,partners"
)
# Where they are kept, the seconds for a fetch, and the largest that is fetched
REPOSITORIES_DIR = REGISTRY_DATA_DIR / "repositories"
REPOSITORY_SECONDS = ENV.number(
    "REGISTRY_REPOSITORY_SECONDS", 60, minimum=1, maximum=3600
)
REPOSITORY_MAX_BYTES = 1_000_000 * ENV.number(
    "REGISTRY_REPOSITORY_MB", 500, minimum=1, maximum=1_000_000
)
# How long an executor keeps a task without a sign of life
LEASE_SECONDS = ENV.number("REGISTRY_LEASE_SECONDS", 60, minimum=5, maximum=86_400)
# Whether `serve` does what time alone changes too; else `run_scheduler` must
RUN_SCHEDULER = ENV.flag("REGISTRY_SCHEDULER", default=True)

# What each account can store in total; None means no quota
QUOTA_MB = ENV.optional_number("REGISTRY_QUOTA_MB", minimum=1, maximum=999_999_999)
# Annotations of one object, of each kind: keywords, licences, key values, data
# products, authors, issues. Its components are parts of a file: there are more of them.
ANNOTATIONS = ENV.number("REGISTRY_ANNOTATIONS", 1000, minimum=1, maximum=100_000)
COMPONENTS = ENV.number("REGISTRY_COMPONENTS", 100_000, minimum=1, maximum=10_000_000)
# Inputs, and outputs, of one code run: its record lists all of them
RUN_LINKS = ENV.number("REGISTRY_RUN_LINKS", 10_000, minimum=1, maximum=100_000)

# --- People ----------------------------------------------------------------------

AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "registry.identity.social.GitHub",
]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
# Links with which people choose a new password, in seconds
PASSWORD_RESET_TIMEOUT = 24 * 3600
PASSWORD_HASHERS = [
    *global_settings.PASSWORD_HASHERS,
    # last, so that passwords are never hashed by it
    "registry.identity.oauth.secrets.RandomSecretHasher",
]
CSRF_FAILURE_VIEW = "registry.web.views.errors.csrf_failure"
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "/"

# Guessing the password of an account locks it for one address (one /64 of IPv6), for a
# quarter of an hour. Its owner can still sign in elsewhere, so that nobody can lock
# others out
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "registry.http.addresses.client_network"
# HTTP Basic signs in with each request: do not store a row for each of them
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "registry.web.views.sign_in.locked_out"

# --- Signing in with GitHub ------------------------------------------------------

_GITHUB = ENV.site("GITHUB_URL", "https://github.com", example="https://github.com")
if _GITHUB.scheme != "https" and host_of(_GITHUB) not in LOOPBACK:
    raise invalid_variable(
        "GITHUB_URL",
        _GITHUB.geturl(),
        "an https:// address: the client secret goes there",
        "https://github.com",
    )
SOCIAL_AUTH_GITHUB_URL = _GITHUB.geturl()
SOCIAL_AUTH_GITHUB_API_URL = (
    "https://api.github.com"
    if SOCIAL_AUTH_GITHUB_URL == "https://github.com"
    else f"{SOCIAL_AUTH_GITHUB_URL}/api/v3"
)
SOCIAL_AUTH_GITHUB_KEY = ENV.text("GITHUB_CLIENT_ID", "")
SOCIAL_AUTH_GITHUB_SECRET = ENV.text("GITHUB_CLIENT_SECRET", "")
if SOCIAL_AUTH_GITHUB_KEY and not SOCIAL_AUTH_GITHUB_SECRET:
    right = "the secret of the OAuth app that GITHUB_CLIENT_ID names"
    raise invalid_variable(
        "GITHUB_CLIENT_SECRET", "", right, "0123456789abcdef0123456789abcdef"
    )
if SOCIAL_AUTH_GITHUB_SECRET and not SOCIAL_AUTH_GITHUB_KEY:
    right = "the id of the OAuth app that GITHUB_CLIENT_SECRET belongs to"
    raise invalid_variable("GITHUB_CLIENT_ID", "", right, "Ov23liAbCdEfGhIjKlMn")
SOCIAL_AUTH_GITHUB_ALLOWED_USERS = ENV.logins("GITHUB_ALLOWED_USERS", "octocat,hubot")
SOCIAL_AUTH_GITHUB_ALLOWED_ORGS = ENV.logins("GITHUB_ALLOWED_ORGS", "our-lab,partners")
SOCIAL_AUTH_GITHUB_SCOPE = ["user:email", "read:org"]
SOCIAL_AUTH_GITHUB_PIPELINE = [
    "social_core.pipeline.social_auth.social_details",
    "social_core.pipeline.social_auth.social_uid",
    "registry.identity.social.require_allowed",
    "registry.identity.social.require_email",
    "social_core.pipeline.social_auth.social_user",
    "registry.identity.social.require_active",
    "registry.identity.social.make_account",
    "registry.identity.social.link_account",
    "registry.identity.social.refresh_profile",
]
# seconds for each of the four requests of a sign-in, for which a thread waits
SOCIAL_AUTH_REQUESTS_TIMEOUT = 5
# Other sites that forms on our pages can lead to
FORM_ORIGINS = [SOCIAL_AUTH_GITHUB_URL] if SOCIAL_AUTH_GITHUB_KEY else []

# --- Signing in from scripts: OAuth 2.0 and OpenID Connect -----------------------

SIGNING_KEYS_DIR = REGISTRY_DATA_DIR / "signing-keys"
SIGNING_KEYS = ENV.signing_keys("REGISTRY_SIGNING_KEYS")
ACCESS_TOKEN_SECONDS = ENV.number(
    "REGISTRY_ACCESS_TOKEN_SECONDS", 3600, minimum=1, maximum=86400
)
OFFLINE_LIFETIME = timedelta(
    days=ENV.number("REGISTRY_OFFLINE_DAYS", 180, minimum=1, maximum=3650)
)
REALM = ENV.name("REGISTRY_REALM", "registry", example="registry")
# set explicitly, because migrations that refer to it look it up here
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "OIDC_ISS_ENDPOINT": f"{REGISTRY_URL}/o",
    "SCOPES": SCOPES,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    # ask for consent each time
    "REQUEST_APPROVAL_PROMPT": "force",
    # two programs can share a saved refresh token
    "ROTATE_REFRESH_TOKEN": False,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "CLIENT_SECRET_HASHER": "sha256_secret",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"] if HTTPS else ["http", "https"],
    # enforce the best current practice, RFC 9700, instead of warning
    **{
        f"COMPLIANT_BCP_RFC9700_{rule}": True
        for rule in (
            *("IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "PKCE_REQUIRED"),
            *("ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "TOKEN_STORAGE"),
            *("REFRESH_TOKEN", "REDIRECT_URI_SCHEME", "REDIRECT_URI_MATCHING"),
        )
    },
}

# --- Security --------------------------------------------------------------------

# Cookies are not separated by port: two registries on one host need different names
SESSION_COOKIE_NAME = f"registry_session_{PORT}"
CSRF_COOKIE_NAME = f"registry_csrf_{PORT}"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# What a browser may do with our pages (W3C Content Security Policy, level 3). A view
# with other needs has a decorator of django-csp; a file that somebody uploaded brings a
# stricter policy of its own
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # small pictures in style sheets are data addresses, in Swagger UI and the admin
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # Chromium checks the redirect after a form against this too, so that signing
        # in elsewhere needs that origin
        "form-action": [SELF, *FORM_ORIGINS],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# a load balancer connects to the process directly, not through the TLS proxy
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
if HTTPS and PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# --- The API ---------------------------------------------------------------------

THROTTLE_RATES = {
    "anonymous": ENV.rate("REGISTRY_THROTTLE_ANONYMOUS", "1200/min"),
    "user": ENV.rate("REGISTRY_THROTTLE_USER", "6000/min"),
    "login": ENV.rate("REGISTRY_THROTTLE_LOGIN", "20/min"),
    "export": ENV.rate("REGISTRY_THROTTLE_EXPORT", "120/min"),
}
THROTTLE_EXEMPT = ENV.networks("REGISTRY_THROTTLE_EXEMPT")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registry.http.authentication.TokenAuthentication",
        "registry.http.authentication.LocalBasicAuthentication",
        "registry.http.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["registry.http.permissions.ReadOrSignedIn"],
    # views count requests themselves: registry.http.views
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_PAGINATION_CLASS": "registry.http.pagination.RecordPagination",
    "DEFAULT_FILTER_BACKENDS": ["registry.http.filters.RecordFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": [
        "registry.api.base.renderers.RecordJSONRenderer",
        "registry.api.base.browsable.RecordBrowsableRenderer",
        "registry.api.base.renderers.RecordCSVRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "registry.api.base.parsers.RecordJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "registry.http.negotiation.Negotiation",
    "DEFAULT_METADATA_CLASS": "registry.api.base.metadata.RecordMetadata",
    "DEFAULT_SCHEMA_CLASS": "registry.api.base.schema.RecordSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    # as in registry.api.base.versions
    "DEFAULT_VERSION": "1.1.0",
    "ALLOWED_VERSIONS": ["1.0.0", "1.1.0"],
    "EXCEPTION_HANDLER": "registry.api.base.errors.exception_handler",
    "URL_FORMAT_OVERRIDE": "format",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 100,
    "NUM_PROXIES": PROXIES,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Research registry",
    "DESCRIPTION": (
        "What research data, models and code runs were made from what, how, when and "
        "by whom."
    ),
    # of the API, not of the software
    "VERSION": REST_FRAMEWORK["DEFAULT_VERSION"],
    "LICENSE": {
        "name": "BSD 3-Clause",
        "url": "https://opensource.org/license/bsd-3-clause",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        "TaskState": "registry.execution.states.TaskState",
        "WorkState": "registry.execution.states.WorkState",
        "AttemptState": "registry.execution.models.attempts.AttemptState",
        "RoleRequestState": "registry.identity.models.RoleRequestState",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "registry.api.base.schema.components.add_components",
    ],
}

# --- The log ---------------------------------------------------------------------

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL = ENV.choice("REGISTRY_LOG_LEVEL", "INFO", _LEVELS)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "registry.core.logs.LogfmtFormatter"}},
    # not standard output, which is for the results of commands
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "registry": {"level": LOG_LEVEL},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # the access log has a line for each error response already
        "django.request": {"level": "ERROR"},
        # and for each body that is too large or has too many fields, and wrong hosts
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "axes": {"level": "WARNING"},
    },
}
