"""Changes the code that guards people in one place after the other, and tells which changes its tests do not notice.

``./test --mutants`` goes through all modules, ``./test --mutants vault access/size`` through those, and with
``--sample 80`` through eighty changes of each, drawn by lot but always the same ones. It takes long, so it can be
stopped at any moment: the next start goes on. What a test noticed is not tried again, what none noticed is;
to begin anew, take ``.mutants`` away. mutmut makes the changes, each in a copy of the project, and runs the tests that
reach the changed function. It leaves out whatever stands outside a function. It would leave out functions with a
decorator too: in the copy each gets its decorator on a line after it.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT

SITE, LIBRARY = Path("src/holdfast_site"), Path("src/holdfast")
DATA = ROOT / ".mutants"
SEED = 17
COPIED = ("src", "tests", "tools", "docs", "pyproject.toml")
MATRIX, GATE = "tests/site/access/test_matrix.py", "tests/site/access/test_gate.py"
ACCOUNTS = "tests/site/accounts"
TRIES, WAYS, WHOSE = (
    f"{ACCOUNTS}/test_tries.py",
    f"{ACCOUNTS}/test_ways_in.py",
    "tests/site/own/address/test_whose_address.py",
)
TESTS = {  # of each module those that are about it: few and quick, since they run for every change
    "vault": ("tests/site/test_vault.py",),
    "access/size": ("tests/site/access/test_size.py",),
    "access/policy": (f"{MATRIX}::test_every_address_is_in_the_policy_and_every_rule_has_an_address", GATE),
    "access/gate": (GATE,),
    "access/actors": (f"{ACCOUNTS}/test_services.py::test_a_clients_way_in_is_told_of_him_and_not_of_his_post",),
    "access/places": (f"{ACCOUNTS}/test_sessions.py::test_whoever_is_in_already_is_led_on_and_not_asked_again",),
    "access/headers": ("tests/site/access/test_headers.py",),
    "audit/services": ("tests/site/audit/test_chain.py",),
    "audit/refused": ("tests/site/audit/test_refused.py",),
    "accounts/tries": (
        f"{TRIES}::test_the_wait_grows_and_ends",
        f"{TRIES}::test_a_try_after_the_wait_counts_and_a_clock_that_was_set_back_makes_nobody_wait",
        f"{TRIES}::test_each_wait_begins_with_the_try_before_and_is_over_at_its_end",
        f"{TRIES}::test_a_right_one_forgets_the_wrong_ones_before_it_and_nobody_elses",
        f"{TRIES}::test_after_a_day_without_one_the_wrong_ones_are_forgotten_and_not_before",
        f"{TRIES}::test_under_a_new_key_whoever_has_to_wait_waits_still",
        f"{TRIES}::test_neighbours_in_one_household_count_together",
        f"{TRIES}::test_what_is_no_address_is_counted_as_it_is",
    ),
    "accounts/services": (
        f"{ACCOUNTS}/test_services.py",
        f"{WAYS}::test_of_two_who_use_one_welcome_at_once_the_second_gets_nothing",
        f"{WAYS}::test_what_was_made_for_a_client_and_not_used_can_be_ended",
        f"{WAYS}::test_nobody_is_let_in_as_a_therapist_who_is_not_there_or_as_another_one",
        f"{WAYS}::test_a_welcome_is_open_for_a_week_for_whom_it_is_made_and_for_nobody_who_left",
        f"{WAYS}::test_a_code_is_typed_as_he_likes_and_is_good_with_its_own_link_alone",
        f"{WAYS}::test_what_was_used_or_over_before_is_not_ended_anew",
        f"{WAYS}::test_a_last_way_in_stays_and_nobody_takes_one_of_somebody_else",
        f"{ACCOUNTS}/test_codes.py::test_a_password_that_was_changed_meanwhile_stays_and_many_at_once_wait",
        f"{ACCOUNTS}/test_passkeys.py::test_another_key_or_challenge_or_a_second_use_is_refused",
        f"{TRIES}::test_only_a_few_are_looked_at_at_a_time_and_help_is_there_all_the_while",
        f"{TRIES}::test_codes_tried_at_once_on_old_rows_are_all_counted",
        f"{TRIES}::test_a_right_code_is_no_wrong_try",
    ),
    "accounts/codes": tuple(
        f"{ACCOUNTS}/test_codes.py::{name}"
        for name in (
            "test_a_code_app_reads_whose_it_is_and_the_host_alone",
            "test_a_code_is_of_this_moment_or_of_the_one_beside_it_and_no_other",
            "test_codes_on_paper_are_one_mans_and_work_as_they_were_printed_whatever_comes_after",
            "test_a_secret_is_sealed_with_the_key_that_a_new_master_key_takes_over",
            "test_a_new_code_app_ends_the_one_before_it_and_nobody_elses",
            "test_whoever_guesses_at_codes_waits_alone_until_he_is_right",
            "test_no_code_is_right_twice_nor_an_older_one",
        )
    ),
    "accounts/sessions": ("tests/site/accounts/test_sessions.py", "tests/site/accounts/test_changes.py"),
    "accounts/whose_address": (
        f"{WHOSE}::test_nor_by_a_first_address_that_she_entered",
        f"{WHOSE}::test_of_another_client_it_says_nothing",
        f"{WHOSE}::test_an_address_is_good_from_the_very_moment_that_was_told",
    ),
    "exchange/sealing": ("tests/site/exchange/test_sealing.py",),
    "accounts/passkeys": tuple(
        f"{ACCOUNTS}/test_passkeys.py::{name}"
        for name in (
            "test_a_site_is_a_host_with_a_name",
            "test_a_browser_is_asked_for_a_passkey_of_this_site_that_he_unlocks_and_has_not_made_yet",
            "test_a_passkey_is_kept_once_with_what_is_needed_to_know_it_again",
            "test_a_passkey_shows_who_it_is_while_he_is_there_and_counts",
            "test_what_was_signed_for_elsewhere_or_by_nobody_is_refused",
            "test_a_copied_passkey_is_found_by_its_count",
        )
    ),
    "accounts/store": tuple(
        f"{ACCOUNTS}/test_sessions.py::{name}"
        for name in (
            "test_a_session_says_whose_it_is_from_when_he_has_shown_it",
            "test_a_disk_that_takes_no_session_is_not_taken_for_one_that_was_ended",
        )
    ),
    "accounts/forms": (
        f"{ACCOUNTS}/test_codes.py::test_a_password_is_long_and_not_common_wherever_it_is_chosen_and_kept_as_it_was_typed",
    ),
    "accounts/views": (f"{ACCOUNTS}/test_views.py",),
    "checkins/answers": ("tests/site/checkins/test_answers.py",),
    "checkins/forms": ("tests/site/checkins/test_forms.py",),
    "consents/selectors": ("tests/site/consents/test_consents.py",),
    "own/erasing": (
        "tests/site/own/test_erasing.py",
        "tests/site/test_new_key.py::test_whoever_was_erased_stays_so_with_either_key",
    ),
    "new_key": ("tests/site/test_new_key.py",),
    "people/treating": ("tests/site/people/test_treating.py",),
    "messages/gateway": (
        "tests/site/messages/test_texts.py::test_the_signature_is_the_gateways_own",
        "tests/site/messages/test_texts.py::test_what_ends_the_messages_and_what_is_sent_back",
    ),
    "messages/confirming": ("tests/site/messages/test_confirming.py",),
    "insight/dropout": ("tests/unit/insight/test_dropout.py",),
    "silence/signals/person": ("tests/unit/silence/test_person.py",),
}
OF_THE_LIBRARY = ("insight/dropout", "silence/signals/person")
COLUMNS = (
    "module",
    "noticed",
    "not noticed",
    "no test",
    "of the noticed: too long",
    "make no difference",
    "not tried yet",
)
START_MUTMUT = "from mutmut.__main__ import cli; cli()"
SURVIVED, NO_TEST, NOTICED = (0,), (5, 33), (1, 3)  # how mutmut keeps what became of a change; any other: no verdict
TOO_LONG = (24, 36, 152, 255, -24)
ASCII = "what is read and written is hexadecimal: the same bytes in every encoding that a system has by itself"
OTHER_NAME = "another name of the same encoding"
BYTES = "32 bytes are what it makes by itself too, and as many as a key has"
HEADER = "the names of headers are the same in capitals and without"
NO_WORD = "none of these is a word that a browser says of another site"
SENT = 'return request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site", '
NO_PAGE = "any word that is no name of a page does"
NEXT = "SQLite gives the next number itself; that PostgreSQL would leave gaps, the same tests show there"
NO_WAY = "neither is a way in"
CALLED = "request.session[BROWSER] = in_words(request.headers.get"
MARK, ITS_END = "mark=hmac.digest(settings.VAULT.derived", ", row.session_key.encode(), sha256).hex()["
ONE_MARK = "whatever it is made of, it is made in this one place"
BOTH_COUNT = "where nothing was deleted, both are empty"
UNTOLD = "a condition of which nothing is known does not hold either"
AS_READ = "the other columns are written as they were read just before, in the same transaction"
FIRST = "SQLite sorts nothing before one; that PostgreSQL would not, the same tests show there"
UNMARKED = "it counts only where something is unmarked, and then there is its time"
NEW_ROW = "it has no number yet: it is a new row either way"
ONE_LOOK_MORE = "the same rows, with one more question to the database"
NO_ROLE = "no role is called so"
NO_CODE = "where none was sent, none is right"
NOT_YES = "nothing is not yes either"
NEVER_SEEN = "the words of an error that is caught a few lines on, and told in others"
SAME = {  # by the line that a change wrote: what does the same, and why
    "vault": {
        'first, *below = path.read_text(encoding=None).strip().split("\\n")': ASCII,
        'first, *below = path.read_text(encoding="ASCII").strip().split("\\n")': OTHER_NAME,
        'with os.fdopen(file, "w", encoding=None) as opened:': ASCII,
        'with os.fdopen(file, "w", ) as opened:': ASCII,
        'with os.fdopen(file, "w", encoding="ASCII") as opened:': OTHER_NAME,
        "made = cls(secrets.token_bytes(None))": BYTES,
        "return Vault(secrets.token_bytes(None), (*self.earlier, {one: self.derived(one) for one in KEPT}))": BYTES,
        'return _seal(self.derived("client keys"), secrets.token_bytes(None), f"client {client}")': BYTES,
        'return _seal(self.derived("client keys"), secrets.token_bytes(None) + known, f"client {client}")': BYTES,
        'return HKDF(algorithm=SHA256(), length=KEY_BYTES, info=f"holdfast {purpose}".encode()).derive(': "no salt",
        "raise ValueError(None)": NEVER_SEEN,
        'raise ValueError("XXnot what is kept of a keyXX")': NEVER_SEEN,
        'raise ValueError("NOT WHAT IS KEPT OF A KEY")': NEVER_SEEN,
    },
    "audit/services": {
        'return moved.about.rpartition(":")[2] if moved else None': "there is one colon in it",
        'return {int(number): head for number, head in HEAD.findall(anchors.read_text(encoding="ASCII"))}': OTHER_NAME,
        "return {int(number): head for number, head in HEAD.findall(anchors.read_text(encoding=None))}": ASCII,
        "event = Event(pk=None, at=at, actor=by.mark, action=action, about=about)": NEXT,
        "event = Event(at=at, actor=by.mark, action=action, about=about)": NEXT,
        "event.save(force_insert=False)": "what there is already, the table itself lets nobody change",
    },
    "audit/refused": {
        'total=Sum("times", default=0), people=Count("actor", distinct=True), most=Max("times", default=1)': (
            "one is as far from the bound as none"
        ),
    },
    "accounts/tries": {
        "return str(ipaddress.ip_network((found, ONE_HOUSEHOLD), strict=None)) if found.version == 6 else address": (
            NOT_YES
        ),
        "return min(timedelta(seconds=2 ** min(wrong - FREE, 17)), LONGEST)": "either is longer than the longest",
    },
    "accounts/sessions": {
        'def begin(request: HttpRequest, post: Post, *, way: str = "XXXX", now: datetime) -> Actor:': NO_WAY,
        'used = way_of(request.session.get(WAY, "XXXX"))': NO_WAY,
        f'{CALLED}("User-Agent", "XXXX"))': "neither is a browser that is known",
        f'{CALLED}("user-agent", ""))': HEADER,
        f'{CALLED}("USER-AGENT", ""))': HEADER,
        'kept, challenge, at = request.session.pop(ASKED, ["XXXX", "", now.isoformat()])': "no purpose is called so",
        'kept, challenge, at = request.session.pop(ASKED, ["", "XXXX", now.isoformat()])': "it is not looked at",
        f'{MARK}("XXsessionsXX"){ITS_END}:32],': ONE_MARK,
        f'{MARK}("SESSIONS"){ITS_END}:32],': ONE_MARK,
        f'{MARK}("sessions"){ITS_END}:33],': ONE_MARK,
        "if Session.objects.filter(session_key__in=keys).delete()[0]:": "the keys are his",
        "if Session.objects.filter(member=member, session_key__in=keys).delete()[1]:": BOTH_COUNT,
        "if others.delete()[1]:": BOTH_COUNT,
    },
    "accounts/whose_address": {
        'member = mark.rpartition(":")[2]': "there is one colon in it",
    },
    "accounts/services": {
        'told = Told(secrets.token_urlsafe(None), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}")': BYTES,
        "if not HASHING.acquire(blocking=None):": NOT_YES,
        "return Welcome.objects.select_related(None).filter(": ONE_LOOK_MORE,
        "if member.passkeys.filter(pk=passkey_id).delete()[1]:": BOTH_COUNT,
        "if not Member.objects.filter(password=member.password).update(password=hashed):": (
            "no two have the same: each is hashed with a salt of its own"
        ),
        "return Post.objects.filter(member=member, role=role, member__is_active=True).select_related(None).first()": (
            ONE_LOOK_MORE
        ),
    },
    "accounts/views": {
        'form = CodeForm(request.POST if (request.method == "POST") or True else None)': NO_CODE,
        'post = services.post_for(member, request.POST.get("role", ))': NO_ROLE,
        'post = services.post_for(member, request.POST.get("role", None))': NO_ROLE,
        'post = services.post_for(member, request.POST.get("role", "XXXX"))': NO_ROLE,
    },
    "accounts/codes": {
        "made.save(force_insert=False)": NEW_ROW,
        "made.save(force_insert=None)": NEW_ROW,
        "made.save()": NEW_ROW,
        "at = now - off * STEP": "there are as many steps before as after",
        "paper = PaperCode.objects.filter(digest=_digest(member, code), used_at__isnull=True)": (
            "whose it is stands in the digest too"
        ),
    },
    "accounts/store": {
        "made = cast(None, super().create_model_instance(data))": "a word for whoever checks the types",
    },
    "accounts/passkeys": {
        "passkey = Passkey.objects.select_related(None).filter(credential=came.raw_id).first()": ONE_LOOK_MORE,
    },
    "messages/confirming": {
        "is_told = None": NOT_YES,
        "asked = Contact.objects.filter(confirms=contact.confirms)": "no two are asked by the same link",
        "message.save(force_insert=False)": NEW_ROW,
        "message.save(force_insert=None)": NEW_ROW,
        "message.save()": NEW_ROW,
        "link = secrets.token_urlsafe(None)": BYTES,
    },
    "checkins/answers": {
        "return json.dumps(values, ensure_ascii=None, sort_keys=True).encode()": NOT_YES,
    },
    "checkins/forms": {
        "choices=choices, coerce=int, empty_value=None, required=None": NOT_YES,
        "choices=choices, coerce=int, required=False": "an empty word is left out as well",
        "self.fields[CHANGE] = forms.ChoiceField(choices=[(change, change) for change in CHANGES], required=None)": (
            NOT_YES
        ),
        "self.fields[WORDS] = forms.CharField(max_length=MOST_WORDS, required=None)": NOT_YES,
        "to_whom = forms.ChoiceField(choices=who, required=None)": NOT_YES,
    },
    "consents/selectors": {
        'asked = Decision.objects.filter(consent=consent, ).order_by("pk")': "no other is looked at",
        "return at.astimezone(None).date()": "Django makes the practice's time zone that of the whole process",
    },
    "people/treating": {
        "called_off = Case(When(status__in=CALLED_OFF, then=1), default=None)": FIRST,
        "called_off = Case(When(status__in=CALLED_OFF, then=1), )": FIRST,
        "called_off = Case(When(status__in=CALLED_OFF, then=2), default=0)": "it comes behind nothing too",
        'return Subquery(in_order.values("therapist_id")[:2])': (
            "SQLite takes the first; that PostgreSQL takes none, the same tests show there"
        ),
    },
    "own/erasing": {
        "return frozenset(file.read_text(encoding=None).split()) if file.exists() else frozenset()": ASCII,
        'return frozenset(file.read_text(encoding="ASCII").split()) if file.exists() else frozenset()': OTHER_NAME,
        "invitation.link = secrets.token_bytes(None)": BYTES,
        "welcome.link, welcome.code = secrets.token_bytes(None), secrets.token_bytes(32)": BYTES,
        "welcome.link, welcome.code = secrets.token_bytes(32), secrets.token_bytes(None)": BYTES,
        "invitation.save(update_fields=None)": AS_READ,
        "welcome.save(update_fields=None)": AS_READ,
    },
    "silence/signals/person": {
        '((facts.prior_dropout == "yes").fill_null(None), "yes"),': UNTOLD,
        '((facts.prior_dropout == "no").fill_null(None), "no"),': UNTOLD,
        '((facts.prior_therapy == "no").fill_null(None), "no"),': UNTOLD,
        "asked = (facts.ever_answered.fill_null(None) == 1) | facts.answered": UNTOLD,
    },
    "insight/dropout": {
        "unmarked_last = (table.last_unmarked_at.fill_null(None) >= table.last_kept_at.fill_null(0)) & ~last_missed": (
            UNMARKED
        ),
        "unmarked_last = (table.last_unmarked_at.fill_null(1) >= table.last_kept_at.fill_null(0)) & ~last_missed": (
            UNMARKED
        ),
        "unmarked_last = (table.last_unmarked_at.fill_null(0) >= table.last_kept_at.fill_null(1)) & ~last_missed": (
            "no appointment is in the first second of 1970"
        ),
    },
    "access/gate": {
        f"{SENT}None) in FOREIGN": NO_WORD,
        f"{SENT}) in FOREIGN": NO_WORD,
        f'{SENT}"XXXX") in FOREIGN': NO_WORD,
        f'{SENT}"") in FOREIGN'.replace("Sec-Fetch-Site", "sec-fetch-site"): HEADER,
        f'{SENT}"") in FOREIGN'.replace("Sec-Fetch-Site", "SEC-FETCH-SITE"): HEADER,
    },
    "access/headers": {
        'static = "/" + settings.STATIC_URL.lstrip("XX/XX")': "no address of ours begins with that letter",
    },
    "access/size": {
        'told = request.headers.get("content-length") or "0"': HEADER,
        'told = request.headers.get("CONTENT-LENGTH") or "0"': HEADER,
        "view = None": NO_PAGE,
        'view = "XXXX"': NO_PAGE,
    },
}


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the changes of one module."""

    module: str
    noticed: int
    too_long: int  # an endless loop is noticed too; a machine that is too busy would be none
    unnoticed: tuple[str, ...]
    no_test: tuple[str, ...]
    same: int
    open: int

    @property
    def row(self) -> str:
        """One line of a table."""
        seen, base = self.noticed + self.too_long, self.noticed + self.too_long + len(self.unnoticed + self.no_test)
        share = f"{seen} of {base} ({100 * seen / base:.1f} %)" if base else "none"
        share += " so far" if self.open else ""
        counts = (len(self.unnoticed), len(self.no_test), self.too_long, self.same, self.open)
        return f"| `{self.module}` | {share} | {' | '.join(map(str, counts))} |"


def main(told: Sequence[str]) -> int:
    """Try all changes of these modules; 0 if each was noticed."""
    parser = argparse.ArgumentParser(prog="./test --mutants")
    parser.add_argument("--sample", type=int, metavar="NUMBER", help="so many changes of each module, drawn by lot")
    parser.add_argument("modules", nargs="*")
    asked = parser.parse_args(told)
    modules, sample = asked.modules, asked.sample
    unknown = sorted(set(modules) - set(TESTS))
    if unknown:
        print(f"There is no such module: {', '.join(unknown)}. There are: {', '.join(TESTS)}.")
        return 2
    chosen = modules or list(TESTS)
    ran = [_run(module, sample) for module in chosen]
    found = [_found(module) for module in chosen]
    print(f"\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    print("\n".join(one.row for one in found))
    for one in found:
        for name in (*one.unnoticed, *one.no_test):
            print(f"\n{_shown(one.module, name)}")
    return 0 if all(ran) and not any(one.unnoticed or one.no_test or one.open for one in found) else 1


def _run(module: str, sample: int | None) -> bool:
    """Try what has no verdict yet, and what was not noticed before; whether it went through to the end."""
    print(f"{module}:", flush=True)
    home = _home(module)
    for name in COPIED:
        _copy(ROOT / name, home / name)
    with (home / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(_settings(module))
    _undecorate(home / _source(module))
    _forget_unnoticed(module)
    names = _drawn(module, sample) if sample else []
    return (bool(sample) and not names) or _changed(home, names).returncode == 0


def _drawn(module: str, sample: int) -> list[str]:
    """The names of so many changes, without those that were noticed before."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    source = Path(_source(module))
    text = (_home(module) / source).read_text(encoding="utf-8")
    ends = mutate_file_contents(source.as_posix(), text).mutant_names
    names = [f"{'.'.join(source.with_suffix('').parts[1:])}.{end}" for end in ends]
    drawn = random.Random(SEED).sample(names, min(sample, len(names)))
    return [name for name in drawn if _codes(module).get(name) not in (*NOTICED, *TOO_LONG)]


def _forget_unnoticed(module: str) -> None:
    """mutmut tries what has no verdict."""
    meta = _meta(module)
    if meta.exists():
        told = json.loads(meta.read_text(encoding="utf-8"))
        codes = told["exit_code_by_key"].items()
        told["exit_code_by_key"] = {name: code if code in (*NOTICED, *TOO_LONG) else None for name, code in codes}
        meta.write_text(json.dumps(told), encoding="utf-8")


def _undecorate(file: Path) -> None:
    """Call each decorator after its function: what it makes is the same, and mutmut changes what it had around it."""
    text = file.read_text(encoding="utf-8")
    kept = file.stat()
    lines = text.splitlines()
    for node in sorted(_decorated(ast.parse(text)), key=lambda one: one.lineno, reverse=True):
        first, made = node.decorator_list[0].lineno - 1, node.name
        for decorator in reversed(node.decorator_list):
            made = f"{ast.unparse(decorator)}({made})"
        lines.insert(node.end_lineno or 0, f"{' ' * node.col_offset}{node.name} = {made}")
        del lines[first : node.lineno - 1]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def _copy(here: Path, there: Path) -> None:
    """A copy with the times of the files: mutmut makes its changes anew where a file is newer."""
    if here.is_dir():
        shutil.rmtree(there, ignore_errors=True)
        shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(here, there)


def _settings(module: str) -> str:
    """Every change is tried in a process of its own, forked from one in which Django has not begun."""
    arguments = ["-m", "not slow", "-p", "no:cacheprovider"]
    if _source(module).startswith(SITE.as_posix()):
        arguments += ["-p", "tools.mutants_site"]
    return f"""
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["{_source(module)}"]
also_copy = ["tools", "docs"]
pytest_add_cli_args_test_selection = {json.dumps(TESTS[module])}
pytest_add_cli_args = {json.dumps(arguments)}
process_isolation = "forkserver"
track_dependencies = false
use_git_change_detection = false
timeout_constant = 5.0
"""


def _changed(home: Path, names: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """The source must be the changed one, so ours is not on Python's path. One after the other: they share a site."""
    copy = home / "mutants"
    copy.mkdir(exist_ok=True)
    known = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-P", "-c", START_MUTMUT, "run", "--max-children", "1", *names]
    return subprocess.run(command, cwd=home, env=known)


def _found(module: str) -> Found:
    codes = _codes(module)
    survived = [name for name, code in codes.items() if code in SURVIVED]
    same = {name for name in survived if set(_written(_shown(module, name))) & set(SAME.get(module, {}))}
    return Found(
        module,
        noticed=sum(code in NOTICED for code in codes.values()),
        too_long=sum(code in TOO_LONG for code in codes.values()),
        unnoticed=tuple(name for name in survived if name not in same),
        no_test=tuple(name for name, code in codes.items() if code in NO_TEST),
        same=len(same),
        open=sum(code not in (*SURVIVED, *NO_TEST, *NOTICED, *TOO_LONG) for code in codes.values()),
    )


def _codes(module: str) -> dict[str, int | None]:
    """What became of each change; blank: nothing yet."""
    meta = _meta(module)
    found: dict[str, int | None] = {}
    if meta.exists():
        found = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def _shown(module: str, name: str) -> str:
    """The change itself, as a diff. mutmut is only in the environment in which this runs."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with contextlib.chdir(_home(module)):
        return f"# {name}\n{get_diff_for_mutant(name, path=_source(module)).strip()}"


def _written(shown: str) -> Iterator[str]:
    """The lines that a change wrote."""
    for line in shown.splitlines():
        if line.startswith("+") and not line.startswith("+++"):
            yield line[1:].strip()


def _decorated(tree: ast.AST) -> list[ast.FunctionDef]:
    """Functions that mutmut would leave out."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return [one for one in functions if ast.unparse(one.decorator_list[0]) not in ("classmethod", "staticmethod")]


def _source(module: str) -> str:
    part = LIBRARY if module in OF_THE_LIBRARY else SITE
    return f"{(part / module).as_posix()}.py"


def _home(module: str) -> Path:
    return DATA / module.replace("/", "-")


def _meta(module: str) -> Path:
    return _home(module) / "mutants" / f"{_source(module)}.meta"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
