"""Authors, how to reach them, and the links between accounts and authors."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from registry.catalogue.orcids import spellings_of, validate_orcid
from registry.core import validators
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.visible_names import validate_visible_name


class Author(Record):
    """A person or organisation that made data or code, with or without an account."""

    kind: ClassVar[str] = "author"
    spellings: ClassVar[Any] = {"identifier": spellings_of}
    new_value_rules: ClassVar[NewValueRules] = {
        "name": validate_visible_name,
        "identifier": validate_orcid,
    }

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        db_index=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="Full name of the author.",
    )
    identifier = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        unique=True,
        validators=[validators.validate_index_size],
        help_text="URL that names the author, such as an ORCID iD "
        "(https://orcid.org/0000-0002-1825-0097) or a ROR.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        help_text="UUID of the author; derived from the identifier where there is one.",
    )

    class Meta(Record.Meta):
        indexes = order_indexes("author")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(name__isnull=False)
                | models.Q(identifier__isnull=False),
                name="author_named",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.identifier or str(self.uuid)

    def clean(self) -> None:
        """Require a name or an identifier."""
        if self.name or self.identifier:
            return
        message = "Give a name or an identifier, or both."
        raise ValidationError({"name": [message], "identifier": [message]})


class UserAuthor(Record):
    """The link between an account of this registry and an author."""

    kind: ClassVar[str] = "user_author"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="user_author",
        help_text="The account.",
    )
    author = models.ForeignKey(
        Author,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="user_authors",
        help_text="The author that the account belongs to.",
    )

    class Meta(Record.Meta):
        verbose_name = "user author"
        indexes = (
            *order_indexes("user_author"),
            models.Index(fields=["author", "id"], name="user_author_by_author"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} is author {self.author_id}"


def _given(help_text: str) -> models.CharField[str | None, str | None]:
    """Return a field for a part of a name."""
    return models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text=help_text,
    )


class AuthorContact(Record):
    """How to reach an author; private.

    The ORCID iD is the identifier of the author and the account is that of
    ``UserAuthor``, so neither is stored again.
    """

    kind: ClassVar[str] = "author_contact"
    new_value_rules: ClassVar[NewValueRules] = {
        "given_name": validate_visible_name,
        "family_name": validate_visible_name,
    }

    author = models.OneToOneField(
        Author,
        on_delete=models.PROTECT,
        # no author shows that there is one
        related_name="+",
        help_text="The author who can be reached so.",
    )
    email = models.EmailField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_index_size],
        help_text="E-mail address of the author.",
    )
    given_name = _given("Given name of the author.")
    family_name = _given("Family name of the author.")
    ethics_approved = models.BooleanField(
        default=False,
        help_text="Whether the person has agreed to be named in the registry.",
    )

    class Meta(Record.Meta):
        indexes = order_indexes(
            "author_contact", "email", "given_name", "family_name", "ethics_approved"
        )

    def __str__(self) -> str:
        return f"contact of author {self.author_id}"
