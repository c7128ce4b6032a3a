"""A wrong and a right example of what each rule is about. Never run, only read."""

import logging
import urllib.parse
from hmac import compare_digest
from pathlib import Path

# ruleid: a-way-out
import urllib.request

# ruleid: a-way-out
from http.client import HTTPSConnection

log = logging.getLogger(__name__)


def names(request, form):
    # ruleid: names-from-outside
    Client.objects.filter(**request.POST.dict())
    sent = request.GET.dict()
    # ruleid: names-from-outside
    Client.objects.create(**sent)
    # ruleid: names-from-outside
    clients.order_by(request.GET["sort"])
    # ruleid: names-from-outside
    setattr(client, request.POST["name"], 1)
    # ok: names-from-outside
    Client.objects.create(**form.cleaned_data)
    # ok: names-from-outside
    Client.objects.filter(pk=request.POST["client"])


def sql(cursor, name):
    # ruleid: sql-from-parts
    cursor.execute(f"PRAGMA {name}")
    # ruleid: sql-from-parts
    Client.objects.raw("SELECT * FROM client WHERE id = '%s'" % name)
    # ruleid: sql-from-parts
    cursor.execute("DROP TABLE " + name)
    # ruleid: sql-from-parts
    cursor.execute("DROP TABLE {}".format(name))
    # ruleid: sql-from-parts
    Client.objects.extra(where=[name])
    # ok: sql-from-parts
    cursor.execute("SELECT 1 FROM client WHERE id = %s", [name])


def escaping(environment, name):
    # ruleid: not-escaped
    environment.autoescape = False
    # ruleid: not-escaped
    format_html(f"<b>{name}</b>")
    # ok: not-escaped
    format_html("<b>{}</b>", name)


def leads(request):
    onward = request.POST.get("next")
    # ruleid: led-elsewhere
    redirect(onward)
    # ok: led-elsewhere
    redirect("today")


def files(request, folder, form):
    export = request.FILES["export"]
    # ruleid: a-file-named-outside
    open(folder / export.name)
    # ruleid: a-file-named-outside
    Path(request.GET["file"])
    # ok: a-file-named-outside
    open(folder / own_name(export.name, 1))


# ruleid: can-be-forged
@csrf_exempt
def forged(request: ActingRequest) -> HttpResponse:
    return render(request, "done.html")


# ok: can-be-forged
@csrf_exempt
def linked(request: ActingRequest, link: str) -> HttpResponse:
    return render(request, "done.html")


def compare(token, told, client):
    # ruleid: compared-in-steps
    if token == told:
        return True
    # ruleid: compared-in-steps
    if told != client.link_digest:
        return True
    # ok: compared-in-steps
    if client.status == told or token == "":
        return False
    # ok: compared-in-steps
    return compare_digest(token, told)


def page(request: ActingRequest, client_id: str) -> HttpResponse:
    # ruleid: past-the-selectors
    client = Client.objects.get(pk=client_id)
    # ruleid: past-the-selectors
    client = get_object_or_404(Client, pk=client_id)
    # ok: past-the-selectors
    client = get_object_or_404(selectors.clients(request.actor), pk=client_id)
    # ok: past-the-selectors
    member = Member.objects.get(pk=request.actor.id)
    return render(request, "client.html", {"client": client, "member": member})


def write_down(client):
    # ruleid: logged-content
    log.warning("not saved: %s", client)
    # ruleid: logged-content
    logging.getLogger(__name__).error(f"not saved: {client}")
    # ok: logged-content
    logging.getLogger(__name__).exception("not saved")
