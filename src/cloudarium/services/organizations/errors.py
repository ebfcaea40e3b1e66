"""The errors of Organizations, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError

_DENIED = "You don't have permissions to access this resource."


class NotFound(AwsError):
    """Something that was named does not exist; each noun has a code of its own."""

    @classmethod
    def account(cls) -> NotFound:
        """No such account in the organisation."""
        return cls("You specified an account that doesn't exist.", code="AccountNotFoundException")

    @classmethod
    def unit(cls) -> NotFound:
        """No such organizational unit."""
        message = "You specified an organizational unit that doesn't exist."
        return cls(message, code="OrganizationalUnitNotFoundException")

    @classmethod
    def policy(cls) -> NotFound:
        """No such policy."""
        return cls("You specified a policy that doesn't exist.", code="PolicyNotFoundException")

    @classmethod
    def root(cls) -> NotFound:
        """No such root."""
        return cls("You specified a root that doesn't exist.", code="RootNotFoundException")

    @classmethod
    def target(cls) -> NotFound:
        """No such root, unit or account to have a policy or tags."""
        return cls("You specified a target that doesn't exist.", code="TargetNotFoundException")

    @classmethod
    def parent(cls) -> NotFound:
        """No such root or unit."""
        return cls("You specified parent that doesn't exist.", code="ParentNotFoundException")

    @classmethod
    def child(cls) -> NotFound:
        """No such unit or account."""
        return cls("You specified a child that doesn't exist.", code="ChildNotFoundException")

    @classmethod
    def source(cls) -> NotFound:
        """The account to move is not where it was said to be."""
        return cls("You specified a source parent that doesn't exist.", code="SourceParentNotFoundException")

    @classmethod
    def destination(cls) -> NotFound:
        """No such root or unit to move to."""
        return cls("You specified a destination parent that doesn't exist.", code="DestinationParentNotFoundException")

    @classmethod
    def request(cls) -> NotFound:
        """No such request for an account."""
        message = "You specified a create account request that doesn't exist."
        return cls(message, code="CreateAccountStatusNotFoundException")

    @classmethod
    def handshake(cls) -> NotFound:
        """No such handshake, or one that is none of the caller's."""
        return cls("You specified a handshake that doesn't exist.", code="HandshakeNotFoundException")

    @classmethod
    def attachment(cls) -> NotFound:
        """The policy is not attached there."""
        return cls("The policy isn't attached to the specified target.", code="PolicyNotAttachedException")


class Conflict(AwsError):
    """What is asked for does not go with what there is; each case has a code of its own."""

    @classmethod
    def already_in_organization(cls) -> Conflict:
        """The account is a member of an organisation already."""
        return cls("The AWS account is already a member of an organization.", code="AlreadyInOrganizationException")

    @classmethod
    def organization_not_empty(cls) -> Conflict:
        """The organisation has other members than its management account."""
        message = "To delete an organization you must first remove all member accounts (except the master)."
        return cls(message, code="OrganizationNotEmptyException")

    @classmethod
    def unit_name(cls) -> Conflict:
        """Another unit of that name has the same parent."""
        return cls("An OU with the same name already exists.", code="DuplicateOrganizationalUnitException")

    @classmethod
    def unit_not_empty(cls) -> Conflict:
        """The unit has children."""
        message = "The specified OU is not empty."
        return cls(message, code="OrganizationalUnitNotEmptyException")

    @classmethod
    def policy_name(cls) -> Conflict:
        """Another policy of the type has that name."""
        return cls("A policy with the same name already exists.", code="DuplicatePolicyException")

    @classmethod
    def policy_in_use(cls) -> Conflict:
        """The policy is attached somewhere."""
        return cls("You specified a policy that is currently attached to a target.", code="PolicyInUseException")

    @classmethod
    def attached(cls) -> Conflict:
        """The policy is attached there already."""
        message = "A policy with the specified name and type already exists."
        return cls(message, code="DuplicatePolicyAttachmentException")

    @classmethod
    def enabled(cls) -> Conflict:
        """The policy type is in force already."""
        return cls("The specified policy type is already enabled.", code="PolicyTypeAlreadyEnabledException")

    @classmethod
    def not_enabled(cls) -> Conflict:
        """The policy type is not in force."""
        message = "This operation can be performed only for enabled policy types."
        return cls(message, code="PolicyTypeNotEnabledException")

    @classmethod
    def not_available(cls) -> Conflict:
        """An organisation with consolidated billing alone has no policies."""
        message = "This policy type isn't available for this organization."
        return cls(message, code="PolicyTypeNotAvailableForOrganizationException")

    @classmethod
    def duplicate_account(cls) -> Conflict:
        """The account is where it is to be moved to."""
        message = "That account is already present in the specified destination."
        return cls(message, code="DuplicateAccountException")

    @classmethod
    def closed(cls) -> Conflict:
        """The account was closed before."""
        return cls("The provided account is already closed.", code="AccountAlreadyClosedException")

    @classmethod
    def management_cannot_leave(cls) -> Conflict:
        """The management account ends its organisation by deleting it."""
        message = "The management account can't leave the organization. Delete the organization instead."
        return cls(message, code="MasterCannotLeaveOrganizationException")

    @classmethod
    def handshake_exists(cls) -> Conflict:
        """The account has an open invitation of this organisation."""
        message = "A handshake for the same action, account and organization already exists."
        return cls(message, code="DuplicateHandshakeException")

    @classmethod
    def handshake_done(cls) -> Conflict:
        """The handshake has been answered, cancelled or is too old."""
        message = "The specified handshake is already in the requested state."
        return cls(message, code="HandshakeAlreadyInStateException")

    @classmethod
    def handshake_transition(cls) -> Conflict:
        """From where it is, a handshake does not come to that state."""
        message = "You can't perform the operation on the handshake in its current state."
        return cls(message, code="InvalidHandshakeTransitionException")


class NotInUse(AwsError):
    """The caller's account is in no organisation."""

    code = "AWSOrganizationsNotInUseException"

    def __init__(self) -> None:
        super().__init__("Your account is not a member of an organization.")


class NotManagement(AwsError):
    """Only the management account may do this, whatever the caller's policies say."""

    code = "AccessDeniedException"
    status = 400

    def __init__(self) -> None:
        super().__init__(_DENIED)


class InvalidInput(AwsError):
    """A value that the model allows and the service does not."""

    code = "InvalidInputException"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, Reason=reason)


class Violation(AwsError):
    """A limit of the organisation."""

    code = "ConstraintViolationException"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, Reason=reason)


class HandshakeViolation(AwsError):
    """The invitation cannot be made or accepted as things stand."""

    code = "HandshakeConstraintViolationException"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, Reason=reason)


class MalformedPolicy(AwsError):
    """The document is none of the policy's type; AWS does not say why."""

    code = "MalformedPolicyDocumentException"

    def __init__(self) -> None:
        super().__init__("The provided policy document does not meet the requirements of the specified policy type.")
