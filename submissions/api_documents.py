"""What goes over the HTTP API, as pydantic models: their fields are its reference."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from submissions.account_tables import Role
from submissions.tables import Status

Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Filename = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]

_SHA = "6fd0a1e3b8d0a6b6d1b0e6f0c2f6a0f3c6a4f6d7d4d0c1d7a8c2b0c3e6f1a9b4"
_ID = "3f2b6a52-7a86-4c0b-9a43-6a1a2c8d9e10"
T = TypeVar("T")


class _Sent(BaseModel):
    """What a client sends: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid")


class Fault(BaseModel):
    """What is wrong."""

    code: str = Field(description="For machines: not_found, refused, quota, ...", examples=["not_found"])
    message: str = Field(description="For people: expected, found, where, what to do.")
    details: Any = Field(default=None, description="More of it, such as the findings of a check.")


class FaultDocument(BaseModel):
    """The one shape of every error."""

    error: Fault
    request_id: str = Field(description="Names this request in the log of the board.")


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: str | None = Field(description="What to give as `after` for the items that follow; null at the end.")


class NewUpload(_Sent):
    """A file that is to be sent."""

    sha256: Sha256Hex = Field(description="SHA-256 of the whole file.", examples=[_SHA])
    size: Annotated[int, Field(ge=1, le=2**62)] = Field(description="Its bytes.", examples=[500200128])
    filename: Filename = Field(description="What you call it; never used as a path.", examples=["scores_seed0.npy"])


class UploadDocument(BaseModel):
    """How far a file has come."""

    id: UUID = Field(examples=[_ID])
    sha256: str = Field(examples=[_SHA])
    size: int = Field(examples=[500200128])
    filename: str = Field(examples=["scores_seed0.npy"])
    offset: int = Field(description="The bytes that have arrived: send on from there.", examples=[104857600])
    complete: bool = Field(description="Whether all of it is here, and has the SHA-256 that was declared.")


class NewSubmission(_Sent):
    """A manifest with the files that were uploaded for it."""

    manifest: dict[str, Any] = Field(
        description="The manifest, as a JSON object; `rematch submit --schema` prints its schema.",
        examples=[
            {
                "system": "My system",
                "submitter": "me",
                "setting": "zero-shot",
                "protocols": ["coco-5k"],
                "runs": [{"file": "scores_seed0.npy", "seed": 0, "seed_governs": ["training"]}],
            }
        ],
    )
    files: dict[Filename, Sha256Hex] = Field(
        default_factory=dict,
        max_length=1000,
        description="The SHA-256 of every file that the manifest names, by that name.",
        examples=[{"scores_seed0.npy": _SHA}],
    )
    private: bool = Field(default=False, description="Only you and the admins see it until you publish it.")
    supersedes: UUID | None = Field(default=None, description="An earlier submission of yours that this one replaces.")


class FindingDocument(BaseModel):
    """One line of what a check found."""

    level: Literal["OK", "WARN", "ERROR"]
    where: str = Field(examples=["runs[0] scores_seed0.npy"])
    message: str


class CheckDocument(BaseModel):
    """What a dry run found; nothing was stored."""

    acceptable: bool
    findings: list[FindingDocument]


class EvaluationDocument(BaseModel):
    """One protocol on one run."""

    evaluation: UUID
    run: int = Field(description="The place of the run in the manifest, from 0.")
    seed: int
    protocol: str = Field(examples=["coco-5k"])
    protocol_version: int
    split: str
    status: Status
    message: str | None = Field(description="Why it failed or waits.")
    reason: str | None = Field(description="The same in one word, for counting.")
    badges: list[str]
    warnings: list[str]
    attempts: int
    progress: dict[str, Any] | None = Field(description="How far a running model is: stage, done, total, per_second.")
    not_before: datetime | None = Field(description="When it is tried again after a fault of the board.")
    values: dict[str, float] = Field(
        description="Expected values as fractions, ranks as plain numbers.", examples=[{"i2t R@1": 0.584, "rsum": 4.12}]
    )
    log: list[str] = Field(
        default_factory=list,
        description="The last lines of what its worker did, for its owner and admins; empty in lists.",
    )


class SubmissionDocument(BaseModel):
    """A submission and what became of it."""

    submission: UUID = Field(examples=[_ID])
    system: str
    submitter: str
    status: Status
    private: bool = False
    created_at: datetime
    superseded_by: UUID | None
    evaluations: list[EvaluationDocument]


class ResultDocument(BaseModel):
    """One stored measurement with all that it depends on."""

    submission: UUID
    system: str
    submitter: str
    setting: str
    evaluation: UUID
    seed: int = Field(description="The seed of the run.")
    protocol: str
    protocol_version: int
    split: str
    split_digest: str
    evaluator_version: str
    evaluation_seed: int = Field(description="The seed of everything random in the evaluation.")
    metric: str = Field(examples=["R@1"])
    direction: str = Field(description="i2t, t2i, or both for rsum.", examples=["i2t"])
    expected: float = Field(description="A fraction; under a random order of tied candidates.")
    pessimistic: float
    optimistic: float
    low: float | None = Field(description="The lower end of the 95 % interval over images.")
    high: float | None
    spread: float | None = Field(description="Standard deviation over draws, of protocols that draw.")
    badges: list[str]
    finished_at: datetime


class SystemDocument(BaseModel):
    """A system with its current submission."""

    system: str
    submitter: str
    setting: str
    submission: UUID
    created_at: datetime
    protocols: list[str] = Field(description="Under which it has results.")
    n_runs: int


class ArtifactDocument(BaseModel):
    """A stored file."""

    sha256: str
    size: int
    filename: str
    created_at: datetime


class AccountDocument(BaseModel):
    """An account."""

    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


class QuotaDocument(BaseModel):
    """What an account used and may use."""

    submissions_today: int = Field(description="In 24 hours, without those that failed through the board.")
    most_submissions: int
    unfinished_evaluations: int
    most_unfinished: int


class MeDocument(BaseModel):
    """Whose token this is."""

    account: AccountDocument
    quota: QuotaDocument


class NewToken(_Sent):
    """A token that is to be made."""

    label: Label = Field(description="What you call it, such as the machine it is used on.", examples=["laptop"])
    days: Annotated[int, Field(ge=1, le=3650)] = Field(default=365, description="It expires after so many days.")


class TokenDocument(BaseModel):
    """A token, of which only the first characters are shown."""

    id: UUID
    prefix: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeTokenDocument(TokenDocument):
    """A token at the only moment at which it is shown."""

    token: str


class NewAccount(_Sent):
    """An account that is to be made."""

    name: Label = Field(examples=["me"])
    role: Role = Role.SUBMITTER


class ChangedAccount(_Sent):
    """What is to become of an account."""

    role: Role | None = None
    disabled: bool | None = None


class AdminActDocument(BaseModel):
    """What an admin did."""

    at: datetime
    actor: str
    act: str
    subject: str
    details: dict[str, Any]


class RequeuedDocument(BaseModel):
    """Evaluations that were queued again, or taken out of the queue."""

    evaluations: list[UUID]


class SourceDocument(BaseModel):
    """A source of claims."""

    name: str
    version: int
    title: str
    citation: str
    url: str
    n_systems: int
    n_claims: dict[str, int] = Field(description="By kind of number.")


class AuditDocument(BaseModel):
    """A kept audit, without its document."""

    id: UUID
    subject: str
    created_at: datetime
    digest: str


class FullAuditDocument(AuditDocument):
    """A kept audit."""

    document: dict[str, Any]


class HealthDocument(BaseModel):
    """Whether the process is alive, or ready."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str] = Field(default_factory=dict)
