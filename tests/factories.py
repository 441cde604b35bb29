"""One factory a record type. They write by the services, as everything else does.

Every field has a value, and no two records share one, so that a filter by any field
finds a single record. `values_of(factory)` returns what a record would be registered
with; the targets of its links are made.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import factory
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils import timezone
from factory.django import DjangoModelFactory

from registry.catalogue import models, services
from registry.catalogue.authors import register_authors
from registry.catalogue.modelling import register_organisations
from registry.core.records import create_records
from registry.execution.leases import Offer, claim_tasks
from registry.execution.models import (
    Attempt,
    AttemptLog,
    AttemptOutput,
    Backend,
    BackendGrant,
    Executor,
    GrantedUse,
    Job,
    RunRequest,
    SchedulerTick,
    Task,
    TaskCount,
    TaskNeed,
)
from registry.execution.requesting import register_run_requests
from registry.execution.rights import may_request
from registry.identity.models import User
from registry.identity.roles import role_groups
from registry.identity.services import create_user
from registry.runs.model_runs.registering import register_model_runs
from registry.runs.models import (
    CodeRun,
    DatasetTemplate,
    ModelRun,
    Outcome,
    Verification,
    WorkflowTemplate,
)
from registry.runs.services import register_code_runs
from registry.runs.templates import (
    register_dataset_templates,
    register_workflow_templates,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Long ago: runs of new records have ended.
_EPOCH = datetime(2016, 1, 1, tzinfo=UTC)


def sha1(number: int) -> str:
    """Return a checksum; another one for every number."""
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def orcid(number: int) -> str:
    """Return the URL of an ORCID iD with its check digit; another for every number."""
    total = 0
    for digit in f"{number:015d}":
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    digits = f"{number:015d}{'X' if check == 10 else check}"
    return "https://orcid.org/" + "-".join(digits[at : at + 4] for at in (0, 4, 8, 12))


def _moment(number: int) -> datetime:
    return _EPOCH + timedelta(hours=number, microseconds=number)


def _link(of: str, **given: Any) -> Any:
    return factory.SubFactory(f"tests.factories.{of}", **given)


def _object() -> Any:
    """Return a declaration of an object about which nothing more is known."""
    return _link("ObjectFactory", storage_location=None, file_type=None, authors=[])


def _own_object() -> Any:
    """Return a declaration of such an object, which the same person registers."""
    by = factory.SelfAttribute("..by")
    return _link(
        "ObjectFactory", storage_location=None, file_type=None, authors=[], by=by
    )


def _replaced(of: str, **given: Any) -> Any:
    """Return a declaration of an older version, which the same person registers."""
    by = factory.SelfAttribute("..by")
    return _link(of, by=by, replaces=None, **given)


def _templates() -> Any:
    """Return a declaration of a list with one dataset template, a first version."""
    return factory.List([_link("DatasetTemplateFactory", replaces=None)])


def _components() -> Any:
    """Return a declaration of a list with one component without issues."""
    return factory.List([_link("ObjectComponentFactory", issues=[])])


def _new_uuid() -> Any:
    return factory.LazyFunction(uuid.uuid4)


def _number(text: str) -> Any:
    return factory.Sequence(text.format)


class UserFactory(DjangoModelFactory):
    """Accounts; `roles` and `is_superuser` say what they may do."""

    class Meta:
        model = User

    username = _number("person-{}")
    email = _number("person-{}@example.org")
    full_name = _number("Person No. {}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **values: Any) -> User:
        return create_user(**values)


class GroupFactory(DjangoModelFactory):
    """Groups, which are roles."""

    class Meta:
        model = Group

    name = _number("group-{}")


def registrar(roles: Iterable[str] = ()) -> User:
    """Return the account that registers what nobody in particular does."""
    known = User.objects.filter(username="registrar").first()
    if known is None:
        return UserFactory(username="registrar", roles=roles)
    known.groups.add(*role_groups(roles))
    return known


class RecordFactory(DjangoModelFactory):
    """Records of one type; `by` says who registers them."""

    #: The service that registers rows; None where a record is its row alone.
    service: ClassVar[Any] = staticmethod(create_records)

    class Meta:
        abstract = True

    by: Any = None

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **values: Any) -> Any:
        by = values.pop("by") or cls._registrar(values)
        if values.pop("values_only", False):
            return values
        if cls.service is create_records:
            return create_records(model_class, [values], by=by)[0]
        return cls.service([values], by=by)[0]

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        """Return the owner of the object that the record is about, if it is."""
        about = values.get("object") or values.get("data_product")
        thing = getattr(about, "object", about)
        owner: User = getattr(thing, "registered_by", None) or registrar()
        return owner


def values_of(of: type[RecordFactory], **given: Any) -> dict[str, Any]:
    """Return the values of a record that is not registered."""
    values: dict[str, Any] = of.create(values_only=True, **given)
    return values


def factory_of(kind: str) -> type[RecordFactory]:
    """Return the factory of a record type."""
    of_kind: dict[str, type[RecordFactory]] = {
        one._meta.model.kind: one for one in RecordFactory.__subclasses__()
    }
    return of_kind[kind]


class AuthorFactory(RecordFactory):
    """Authors, with an identifier."""

    service = staticmethod(register_authors)

    class Meta:
        model = models.Author

    name = _number("Ada Lovelace the {}th")
    identifier = factory.Sequence(orcid)


class FileTypeFactory(RecordFactory):
    """File types."""

    class Meta:
        model = models.FileType

    name = _number("Comma-separated values {}")
    extension = _number("csv{}")


class StorageRootFactory(RecordFactory):
    """Storage roots on the web."""

    class Meta:
        model = models.StorageRoot

    root = _number("https://data{}.example.org/")
    local = False


class StorageLocationFactory(RecordFactory):
    """Storage locations, each below a root of its own."""

    class Meta:
        model = models.StorageLocation

    path = _number("human/mortality/{}.csv")
    hash = factory.Sequence(sha1)
    public = True
    storage_root = _link("StorageRootFactory")


class ObjectFactory(RecordFactory):
    """Objects with a location."""

    service = staticmethod(services.register_objects)

    class Meta:
        model = models.Object

    storage_location = _link("StorageLocationFactory")
    description = _number("Deaths by age, table {}")
    file_type = _link("FileTypeFactory")
    authors = factory.List([_link("AuthorFactory")])
    uuid = _new_uuid()


class ObjectComponentFactory(RecordFactory):
    """Components that are a part of their object."""

    class Meta:
        model = models.ObjectComponent

    object = _object()
    name = _number("table/{}")
    description = _number("The table with number {}")
    issues = factory.List([_link("IssueFactory", component_issues=[])])
    whole_object = False


class IssueFactory(RecordFactory):
    """Issues with one component."""

    class Meta:
        model = models.Issue

    severity = factory.Sequence(lambda number: number % 30_000)
    description = _number("Row {} is missing")
    uuid = _new_uuid()
    component_issues = _components()


class UserAuthorFactory(RecordFactory):
    """Accounts with their authors."""

    class Meta:
        model = models.UserAuthor

    user = factory.SubFactory(UserFactory)
    author = _link("AuthorFactory")

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        user: User = values["user"]
        return user


class AuthorContactFactory(RecordFactory):
    """How to reach authors."""

    class Meta:
        model = models.AuthorContact

    author = _link("AuthorFactory", by=factory.SelfAttribute("..by"))
    email = _number("ada.{}@example.org")
    given_name = _number("Ada {}")
    family_name = _number("Lovelace {}")
    ethics_approved = factory.Sequence(lambda number: bool(number % 2))

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        by: User = values["author"].registered_by
        return by


class NamespaceFactory(RecordFactory):
    """Namespaces."""

    class Meta:
        model = models.Namespace

    name = _number("group-{}")
    full_name = _number("The research group with number {}")
    website = _number("https://example.org/group/{}/")


class DataProductFactory(RecordFactory):
    """Data products, each of an object of its own."""

    service = staticmethod(services.register_data_products)

    class Meta:
        model = models.DataProduct

    namespace = _link("NamespaceFactory")
    name = _number("human/mortality/{}")
    version = _number("1.{}.0")
    object = _own_object()


class ExternalObjectFactory(RecordFactory):
    """External objects with both kinds of identifier."""

    service = staticmethod(services.register_external_objects)

    class Meta:
        model = models.ExternalObject

    data_product = _link("DataProductFactory", by=factory.SelfAttribute("..by"))
    identifier = _number("https://doi.org/10.1136/bmj.{}")
    alternate_identifier = _number("bmj:{}")
    alternate_identifier_type = _number("journal page {}")
    primary_not_supplement = True
    release_date = factory.Sequence(_moment)
    title = _number("Influenza in a boarding school, part {}")
    description = _number("Boys in bed, counted for the {}th time")
    original_store = _link("StorageLocationFactory")


class QualityControlledFactory(RecordFactory):
    """Marks of quality control."""

    class Meta:
        model = models.QualityControlled

    object = _own_object()
    document = _object()


class KeywordFactory(RecordFactory):
    """Keywords with a definition."""

    class Meta:
        model = models.Keyword

    object = _object()
    keyphrase = _number("influenza {}")
    identifier = _number("https://example.org/terms/{}")


class LicenceFactory(RecordFactory):
    """Licences with an address."""

    class Meta:
        model = models.Licence

    object = _own_object()
    licence_info = _number("Do what is right, version {}")
    identifier = _number("https://example.org/licences/{}")


class CodeRepoReleaseFactory(RecordFactory):
    """Releases of code repositories."""

    class Meta:
        model = models.CodeRepoRelease

    object = _own_object()
    name = _number("org/model-{}")
    version = _number("0.{}.1")
    website = _number("https://example.org/releases/{}")


class KeyValueFactory(RecordFactory):
    """Keys with values."""

    class Meta:
        model = models.KeyValue

    object = _own_object()
    key = _number("instrument {}")
    value = _number("thermometer {}")


class CodeRunFactory(RecordFactory):
    """Code runs with everything that a run can have."""

    service = staticmethod(register_code_runs)

    class Meta:
        model = CodeRun

    run_date = factory.Sequence(_moment)
    # later than the beginning of any other run of a test
    end_date = factory.LazyAttribute(lambda run: run.run_date + timedelta(days=1000))
    description = _number("Fit, attempt {}")
    code_repo = _object()
    model_config = _object()
    submission_script = _object()
    inputs = _components()
    outputs = _components()
    uuid = _new_uuid()


def ror(number: int) -> str:
    """Return the URL of a ROR id with its check digits; another for every number."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    digits = [alphabet[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0)]
    return f"https://ror.org/0{''.join(digits)}{98 - number * 100 % 97:02d}"


class OrganisationFactory(RecordFactory):
    """Organisations with a ROR id."""

    service = staticmethod(register_organisations)

    class Meta:
        model = models.Organisation

    name = _number("Institute of Marine Science No. {}")
    ror = factory.Sequence(ror)
    uuid = _new_uuid()


class ResearchModelFactory(RecordFactory):
    """Models with a release."""

    class Meta:
        model = models.ResearchModel

    name = _number("Reef model {}")
    description = _number("Simulates the reef for the {}th time")
    documentation_url = _number("https://example.org/reef/{}/docs/")
    source_url = _number("https://example.org/reef/{}/code/")
    releases = factory.List([_link("CodeRepoReleaseFactory")])
    uuid = _new_uuid()


class StudyFactory(RecordFactory):
    """Studies."""

    class Meta:
        model = models.Study

    title = _number("What becomes of reef {}")
    description = _number("We ask for the {}th time")
    alternative_id = _number("ST-{}")
    uuid = _new_uuid()


def _resource(name: str, value: str, *, optional: bool = False) -> Any:
    return factory.Sequence(
        lambda number: [
            {
                name: value.format(number),
                "description": f"The configuration with number {number}",
                "usage_type": "CONFIG_FILE",
                "optional": optional,
                "is_folder": False,
            }
        ]
    )


class DatasetTemplateFactory(RecordFactory):
    """Dataset templates with a defined and an optional deferred resource."""

    service = staticmethod(register_dataset_templates)

    class Meta:
        model = DatasetTemplate

    name = _number("Forcing data {}")
    description = _number("What the model is driven by, take {}")
    defined_resources = _resource("path", "data/{}.csv")
    deferred_resources = _resource("key", "configuration_file", optional=True)
    replaces = _replaced("DatasetTemplateFactory")
    uuid = _new_uuid()


class WorkflowTemplateFactory(RecordFactory):
    """Workflow templates with a template in each list."""

    service = staticmethod(register_workflow_templates)

    class Meta:
        model = WorkflowTemplate

    name = _number("Run of the reef model {}")
    description = _number("What we agreed on, for the {}th time")
    model = _link("ResearchModelFactory")
    required_inputs = _templates()
    optional_inputs = _templates()
    required_outputs = _templates()
    optional_outputs = _templates()
    required_annotations = ("RCP",)
    optional_annotations = ("species",)
    replaces = _replaced("WorkflowTemplateFactory")
    uuid = _new_uuid()

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **values: Any) -> Any:
        for name in ("required_annotations", "optional_annotations"):
            values[name] = list(values[name])
        return super()._create(model_class, *args, **values)


def datasets_for(templates: Iterable[DatasetTemplate]) -> list[dict[str, Any]]:
    """Return a dataset of its own for each of these templates."""
    return [
        {
            "dataset_template": template.pk,
            "dataset": DataProductFactory().pk,
            "resources": {
                one["key"]: "config/model.toml" for one in template.deferred_resources
            },
        }
        for template in templates
    ]


class ModelRunFactory(RecordFactory):
    """Model runs that follow a template of their own."""

    service = staticmethod(register_model_runs)

    class Meta:
        model = ModelRun

    workflow_template = _link("WorkflowTemplateFactory", replaces=None)
    model_version = _number("1.{}.0")
    display_name = _number("Reef in the year {}")
    description = _number("What becomes of the reef, attempt {}")
    study = _link("StudyFactory")
    modeller = _link("AuthorFactory")
    requesting_organisation = _link("OrganisationFactory")
    model_config = _object()
    submission_script = _object()
    start_time = factory.Sequence(_moment)
    # later than the beginning of any other run of a test
    end_time = factory.LazyAttribute(lambda run: run.start_time + timedelta(days=1000))
    inputs = factory.LazyAttribute(
        lambda run: datasets_for(run.workflow_template.required_inputs.all())
    )
    outputs = factory.LazyAttribute(
        lambda run: datasets_for(run.workflow_template.required_outputs.all())
    )
    annotations = factory.Sequence(lambda number: {"RCP": str(number)})
    uuid = _new_uuid()


#: What executors of a backend can be told to send.
LEAVING: tuple[list[str], ...] = (
    ["minimally_sensitive"],
    ["moderately_sensitive", "minimally_sensitive"],
)


class BackendFactory(RecordFactory):
    """Backends, with everything that an operator says of them."""

    class Meta:
        model = Backend

    slug = _number("cluster-{}")
    name = _number("The cluster in room {}")
    description = _number("It has {} machines, and is for everybody")
    max_running = factory.Sequence(lambda number: 1000 + number)
    max_database = factory.Sequence(lambda number: 1000 + number)
    log_readers = factory.Sequence(lambda number: ("people", "all")[number % 2])
    leaving = factory.Sequence(lambda number: LEAVING[number % 2])
    maintenance_windows = factory.Sequence(
        lambda number: [
            {
                "begins": f"{2016 + number % 5}-01-01T20:00:00Z",
                "ends": f"{2016 + number % 5}-01-01T22:00:00Z",
                "reason": f"Update No. {number}",
            }
        ]
    )

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        return registrar(["entity-registry-admin"])


class BackendGrantFactory(RecordFactory):
    """Grants, by the owner of the backend; of two, one lets ask for runs."""

    class Meta:
        model = BackendGrant

    backend = _link("BackendFactory", by=factory.SelfAttribute("..by"))
    user = factory.SubFactory(UserFactory)
    use = factory.Sequence(lambda number: GrantedUse.values[number % 2])

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        by: User = values["backend"].registered_by
        return by


class RunRequestFactory(RecordFactory):
    """Run requests for one task, by people who can ask for runs on the backend."""

    service = staticmethod(register_run_requests)

    class Meta:
        model = RunRequest

    description = _number("What becomes of the reef, round {}")
    backend = _link("BackendFactory")
    repo_url: Any = None
    branch: Any = None
    commit: Any = None
    requested_actions = factory.LazyFunction(list)
    tasks = factory.Sequence(
        lambda number: [
            {
                "name": f"count-{number}",
                "command": ["wc", "-l", f"{number}.csv"],
                "outputs": [
                    {"name": "table", "level": "minimally_sensitive", "pattern": "t"}
                ],
            }
        ]
    )
    jobs = 1
    environment = factory.Sequence(lambda number: {"SEED": str(number)})
    publish = factory.Sequence(
        lambda number: [
            {
                "task": f"count-{number}",
                "output": "table",
                "namespace": f"reef-{number}",
                "name": "counts",
            }
        ]
    )
    priority = factory.Sequence(lambda number: number % 1000 / 1000)
    on_failed_need = factory.Sequence(lambda number: ("fail", "hold")[number % 2])
    max_losses = factory.Sequence(lambda number: number % 100 + 1)
    provenance = "each"
    record_failures = factory.Sequence(lambda number: bool(number % 2))
    uuid = _new_uuid()

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **values: Any) -> Any:
        by, backend = values.get("by"), values["backend"]
        if by and backend and not may_request(by, backend):
            BackendGrantFactory(backend=backend, user=by, use=GrantedUse.REQUEST)
        return super()._create(model_class, *args, **values)

    @classmethod
    def _registrar(cls, values: dict[str, Any]) -> User:
        """Return the owner of the backend, who can ask for runs there."""
        backend = values["backend"]
        by: User = backend.registered_by if backend else registrar(["curator"])
        return by


class _RowFactory(DjangoModelFactory):
    """Rows that the registry makes of run requests; what is given, they get after."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **values: Any) -> Any:
        rows = model_class._default_manager
        row = cls._made(values)
        rows.filter(pk=row.pk).update(**values)
        return rows.get(pk=row.pk)

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Any:
        """Return the row; what it is made of is taken out of the values."""
        raise NotImplementedError


class JobFactory(_RowFactory):
    """The only jobs of requests of their own."""

    class Meta:
        model = Job

    run_request = _link("RunRequestFactory")

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Job:
        return Job.objects.get(run_request=values.pop("run_request"))


class TaskFactory(_RowFactory):
    """The only tasks of requests of their own, which wait for an executor."""

    class Meta:
        model = Task

    run_request = _link("RunRequestFactory")

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Task:
        return Task.objects.get(run_request=values.pop("run_request"))


class AttemptFactory(_RowFactory):
    """Open attempts to do tasks of their own, each of an executor of its own."""

    class Meta:
        model = Attempt

    task = factory.SubFactory(TaskFactory)
    executor = factory.SubFactory(UserFactory)
    host = _number("node-{}")

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Attempt:
        task = values.pop("task")
        offer = Offer(host=values["host"], slots=1, only=Q(pk=task.pk))
        [attempt] = claim_tasks(task.backend, offer, by=values.pop("executor"))
        return attempt


class AttemptLogFactory(DjangoModelFactory):
    """The logs of attempts of their own."""

    class Meta:
        model = AttemptLog

    attempt = factory.SubFactory(AttemptFactory)
    text = _number("Line {}\n")


class AttemptOutputFactory(DjangoModelFactory):
    """The files that attempts of their own wrote."""

    class Meta:
        model = AttemptOutput

    attempt = factory.SubFactory(AttemptFactory)
    name = "table"
    level = "moderately_sensitive"
    path = _number("output/{}.csv")
    size = factory.Sequence(lambda number: number + 1)
    sha1 = factory.Sequence(sha1)


class ExecutorFactory(DjangoModelFactory):
    """Executors that have just asked for work."""

    class Meta:
        model = Executor

    backend = factory.SubFactory(BackendFactory)
    host = _number("node-{}")
    account = factory.SubFactory(UserFactory)
    slots = 4
    resources = factory.LazyFunction(lambda: {"cpu": 8.0, "memory": 32.0})
    seen = factory.LazyFunction(timezone.now)


class TaskNeedFactory(DjangoModelFactory):
    """That a task needs another one."""

    class Meta:
        model = TaskNeed

    task = factory.SubFactory(TaskFactory)
    needed = factory.SubFactory(TaskFactory)


class TaskCountFactory(DjangoModelFactory):
    """Notes of one task more."""

    class Meta:
        model = TaskCount

    run_request = _link("RunRequestFactory")
    state = "ready"
    number = 1


class SchedulerTickFactory(DjangoModelFactory):
    """The time of the last tick."""

    class Meta:
        model = SchedulerTick
        django_get_or_create = ("id",)

    id = 1
    at = factory.LazyFunction(timezone.now)


class VerificationFactory(DjangoModelFactory):
    """Comparisons of two code runs that gave the same."""

    class Meta:
        model = Verification

    code_run = factory.SubFactory(CodeRunFactory)
    rerun = factory.SubFactory(CodeRunFactory)
    outcome = Outcome.REPRODUCED
    compared = 1
