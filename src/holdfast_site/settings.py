"""Django's settings. They follow from the folder named by ``HOLDFAST_SITE``; ``holdfast site`` sets it.

Without it nothing can be served: the database of such a process is refused when it is first opened (``sqlite.py``).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF

from holdfast_site import database
from holdfast_site.config import LOCALE, SiteConfig, key_path, read_config
from holdfast_site.vault import Vault

_folder = os.environ.get("HOLDFAST_SITE")
HERE = Path(__file__).resolve().parent
SITE_FOLDER = Path(_folder) if _folder else None
_NO_SITE = SiteConfig(name="none", timezone="UTC", reading_hours="never", key_file="none", key_fingerprint="none")
SITE = read_config(SITE_FOLDER) if SITE_FOLDER else _NO_SITE
VAULT = Vault.read(key_path(SITE_FOLDER, SITE)) if SITE_FOLDER else Vault(secrets.token_bytes(32))

DEBUG = False
SECRET_KEY = VAULT.derived("django").hex()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", SITE.host]
ROOT_URLCONF = "holdfast_site.urls"
WSGI_APPLICATION = "holdfast_site.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "csp",
    "holdfast_site.audit",
    "holdfast_site.people",
    "holdfast_site.consents",
    "holdfast_site.checkins",
    "holdfast_site.accounts",
    "holdfast_site.caseload",
    "holdfast_site.handover",
    "holdfast_site.insight",
    "holdfast_site.away",
    "holdfast_site.emergency",
    "holdfast_site.oversight",
    "holdfast_site.exchange",
    "holdfast_site.before",
    "holdfast_site.messages",
    "holdfast_site.own",
    "holdfast_site.studies",
]
AUTH_USER_MODEL = "accounts.Member"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
IDLE_SECONDS, MOST_SECONDS = 30 * 60, 12 * 60 * 60  # of a session: without doing anything, and in all
MOST_BODY, MOST_UPLOAD = 64 * 1024, 20 * 1024 * 1024  # bytes of a request: of any, and of one that brings an export
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "holdfast_site.access.headers.close_the_page",
    "csp.middleware.CSPMiddleware",
    "holdfast_site.access.size.refuse_too_much",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "holdfast_site.accounts.sessions.Sessions",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "holdfast_site.access.gate.Gate",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "holdfast_site.saying"],
            "libraries": {"days": "holdfast_site.dates"},
            "context_processors": ["django.template.context_processors.request", "holdfast_site.pages.practice"],
        },
    }
]
DATABASES = {"default": database.settings(SITE_FOLDER, SITE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = SITE.language.lower()
LOCALE_PATHS = [*([SITE_FOLDER / LOCALE] if SITE_FOLDER else []), HERE / LOCALE]  # a practice's own words come first
TIME_ZONE = SITE.timezone
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [HERE / "static"]
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if SITE.speaks_tls else 0
SECURE_SSL_REDIRECT = SITE.speaks_tls
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other names under the practice's own are its own to decide about
    "security.W021",  # nor is it ours to enter its name in a list that browsers ship with
]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SITE.speaks_tls
CSRF_COOKIE_NAME = "__Host-csrf" if SITE.speaks_tls else "csrf"
SESSION_COOKIE_NAME = "__Host-session" if SITE.speaks_tls else "session"
SESSION_ENGINE = "holdfast_site.accounts.store"
SESSION_COOKIE_AGE = IDLE_SECONDS
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "holdfast_site.pages.refused"
DATA_UPLOAD_MAX_MEMORY_SIZE = MOST_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100

LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "formatters": {"quiet": {"()": "holdfast_site.quiet_log.QuietFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["console"], "level": "ERROR"},
    "loggers": {"django": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
