"""What can go wrong at the platform or on the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.ui.words_troubles import Remedy, Trouble

_ENTRIES = {
    "NetworkDown": Trouble(
        "E01",
        "No network",
        short="No network, goes on by itself",
        reason="there is no network",
        advice="It goes on by itself when the network is back.",
        text=(
            "The connection dropped.",
            "Transfers wait and go on by themselves; sent parts are kept.",
        ),
    ),
    "Temporary": Trouble(
        "E02",
        "{Place} does not answer",
        short="{Place} does not answer",
        reason="{place} does not answer",
        advice="It is tried again by itself; other locations go on.",
        text=(
            ("Servers have failed for {minutes} min.", "Its servers fail or do not answer."),
            "Other locations go on.",
            ("Next try in {time}.", "It is tried again by itself."),
        ),
        remedies=(Remedy.TRY_NOW,),
    ),
    "SignInNeeded": Trouble(
        "E03",
        "{Place} needs you to sign in again",
        short="Needs sign-in",
        reason="{place} does not accept the key",
        advice="Give a new key; what was sent already is kept.",
        text=(
            (
                "The key expired or was withdrawn at {time}.",
                "The key is missing, wrong, expired or withdrawn.",
            ),
            ("{waiting} wait; {kept} already sent is kept.", "What was sent already is kept."),
        ),
        remedies=(Remedy.PASTE_KEY,),
    ),
    "PlanNeeded": Trouble(
        "E40",
        "{Place} wants a plan or a payment",
        short="Plan or payment needed",
        reason="the account at {place} has no plan or payment for this",
        advice="Settle it at {place}, then try again.",
        text=(
            "The platform takes nothing more from this account until that is settled.",
            "What was sent already is kept.",
        ),
        remedies=(Remedy.TRY_AGAIN,),
    ),
    "MateFailed": Trouble(
        "E41",
        "The other file of the pair failed",
        short="Its pair failed",
        reason="the other file of its pair could not be sent",
        advice="See what is wrong with the other one; both go on together.",
        text=("Both reads arrive as one sample or not at all.", "Nothing was lost."),
        remedies=(Remedy.TRY_AGAIN,),
    ),
    "NotAllowed": Trouble(
        "E04",
        "This key may not do that here",
        short="Not allowed with this key",
        reason="this key may not do that at {place}",
        advice="Choose another project or ask whoever owns it for the right.",
        text=(
            (
                "The account may see {project} but not add or change files there.",
                "The account lacks the right for this.",
            ),
            "Nothing was sent.",
        ),
        remedies=(Remedy.CHOOSE_PROJECT,),
    ),
    "ContainerGone": Trouble(
        "E05",
        "The project is gone",
        short="Project or bucket is gone",
        reason="the project or bucket does not exist or is hidden from this key",
        advice="Choose another one, or ask for access.",
        text=(
            "{Project} was deleted, moved or hidden from you.",
            "Its transfers are held.",
        ),
        remedies=(Remedy.CHOOSE_PROJECT, Remedy.CANCEL_THEM),
    ),
    "NameTaken": Trouble(
        "E12",
        "A file with this name is there",
        short="Name exists",
        reason="a file with this name is already there",
        advice="Choose to skip, keep both or replace.",
        text=(
            ("It differs from yours ({sizes}, {dates}).", "It may differ from yours."),
            "Waiting for your choice.",
        ),
        remedies=(Remedy.SKIP, Remedy.KEEP_BOTH, Remedy.REPLACE),
    ),
    "TooLarge": Trouble(
        "E13",
        "{File} is too large for {place}",
        short="Too large for {place}",
        reason="it is larger than {place} takes",
        advice="Choose another location for it.",
        text=(("{size}, limit {limit}.", "It is over the limit."), "Not sent; others go on."),
        remedies=(Remedy.CHOOSE_LOCATION,),
    ),
    "NameRefused": Trouble(
        "E14",
        "The name is not allowed",
        short="Name not allowed",
        reason="{place} does not allow this name",
        advice="Rename the file and send it again.",
        text=(
            ('{Place} refused "{name}".', "{Place} refused the name of {file}."),
            ('Proposed: "{proposed}".', ""),
        ),
        remedies=(Remedy.RENAME,),
    ),
    "BadPart": Trouble(
        "E15",
        "A part was damaged on the way",
        short="A part was damaged, sent again",
        reason="parts were damaged on the way again and again",
        advice="Try again; if it happens often, have the network looked at.",
        text=(
            (
                "The platform's checksum for part {part} differed.",
                "The platform's checksum for a part differed.",
            ),
            "It is sent again.",
        ),
    ),
    "Mismatch": Trouble(
        "E16",
        "The platform's copy differs",
        short="Checksum differs",
        reason="the copy at {place} differs from the file here",
        advice="Send it again; it is not counted as delivered.",
        text=(
            "The checksum here and there do not match.",
            "Not counted as delivered; both copies are kept.",
        ),
        remedies=(Remedy.SEND_AGAIN, Remedy.LEAVE, Remedy.COPY_DETAILS),
    ),
    "Stalled": Trouble(
        "E02",
        "{Place} does not answer",
        short="{Place} does not answer",
        reason="the connection to {place} stood still",
        advice="It is tried again by itself; other locations go on.",
        text=(
            "Connected, but nothing moved for a while.",
            "It is tried again by itself; sent parts are kept.",
        ),
        remedies=(Remedy.TRY_NOW,),
    ),
    "Unconfirmed": Trouble(
        "E17",
        "Could not confirm arrival",
        short="Arrived, not checked yet",
        reason="the final check got no answer",
        advice="Check again later; all parts arrived.",
        text=("All parts arrived, the final check got no answer.", "Asked again every 5 min."),
        remedies=(Remedy.CHECK_NOW,),
    ),
    "UploadGone": Trouble(
        "E18",
        "Old parts are gone",
        short="Old parts are gone",
        reason="{place} no longer holds the parts sent before",
        advice="Go on to send it from the start.",
        text=(
            ("{Place} dropped parts after {days}.", "{Place} dropped the parts sent before."),
            ("{size} will be sent again.", "They will be sent again."),
        ),
        remedies=(Remedy.GO_ON,),
    ),
    "SlowDown": Trouble(
        "E19",
        "{Place} asks us to slow down",
        short="{Place} asks to wait",
        reason="{place} asks to slow down",
        advice="It goes on by itself, slower.",
        text=("Too many requests.", ("Waiting {time}, then slower.", "Waiting, then slower.")),
    ),
    "StorageFull": Trouble(
        "E20",
        "Storage at {place} is full",
        short="Storage there is full",
        reason="the storage at {place} is full",
        advice="Make room there, then try again.",
        text=("The platform refused more data.", "Batch is held, nothing lost."),
        remedies=(Remedy.TRY_AGAIN,),
    ),
    "ProxyRefused": Trouble(
        "E22",
        "The proxy wants a password",
        short="Proxy refused",
        reason="the proxy refused the connection",
        advice="Check the proxy and its password in the settings.",
        text=(("{proxy} refused.", "The proxy refused."), "All transfers wait."),
        remedies=(Remedy.ENTER_PASSWORD,),
    ),
    "Untrusted": Trouble(
        "E23",
        "Secure connection could not be trusted",
        short="Connection not trusted",
        reason="the certificate of {place} is not trusted on this computer",
        advice="If your lab inspects traffic, add its certificate in the settings.",
        text=(
            (
                "The certificate for {host} is not known here; your lab may inspect traffic.",
                "The certificate is not known here; your lab may inspect traffic.",
            ),
            "Nothing was sent.",
        ),
        remedies=(Remedy.ADD_CERTIFICATE, Remedy.COPY_DETAILS),
    ),
    "Archived": Trouble(
        "E25",
        "Still archived",
        short="Still archived",
        reason="it is archived and must be restored first",
        advice="Have it restored at {place}, then download it.",
        text=(
            (
                "{count} must be restored first, up to 48 hours.",
                "{File} must be restored first, up to 48 hours.",
            ),
        ),
        remedies=(Remedy.RESTORE,),
    ),
    "RowsRefused": Trouble(
        "E26",
        "Some rows were refused",
        short="Rows were refused",
        reason="some rows were refused",
        advice="See the reasons in the list.",
        text=("DRS import: reasons per row in the list.", "The others were imported."),
        remedies=(Remedy.SHOW_ROWS, Remedy.MAKE_LIST),
    ),
    "OtherPerson": Trouble(
        "E29",
        "Signed in as someone else",
        short="Signed in as someone else",
        reason="the new key belongs to someone else",
        advice="Go on with it, or give the first person's key.",
        text=(
            ("The new key belongs to {name}.", "The new key belongs to another person."),
            ("{count} were queued by {other}.", "The waiting files were queued by someone else."),
        ),
        remedies=(Remedy.GO_ON_AS, Remedy.CANCEL),
    ),
    "Refused": Trouble(
        "E33",
        "{Place} refused {file}",
        short="Refused by {place}",
        reason="{place} refused it",
        advice="See Details for what the platform said; the other files go on.",
        text=("The platform said no to this file.", "Not delivered; others go on."),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP, Remedy.COPY_DETAILS),
    ),
    "RemoteMissing": Trouble(
        "E34",
        "{File} is no longer at {place}",
        short="No longer there",
        reason="it is no longer at {place}",
        advice="Refresh the folder and choose again.",
        text=("It was deleted, moved or renamed there.", "Nothing was changed on this computer."),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP),
    ),
    "RemoteChanged": Trouble(
        "E35",
        "{File} changed at {place} meanwhile",
        short="Changed at the platform",
        reason="the file at {place} changed while it was fetched",
        advice="Download it again to get the new version.",
        text=(
            "Old and new parts do not fit together, so they were not joined.",
            "No half file is left under its name.",
        ),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP),
    ),
    "Unavailable": Trouble(
        "E36",
        "{Place} cannot do this",
        short="Not possible at {place}",
        reason="{place} lacks what is needed for this",
        advice="Use another location.",
        text=("The platform lacks what is needed for this.", "Nothing was sent."),
        remedies=(Remedy.CHOOSE_LOCATION,),
    ),
}

TROUBLES_THERE: Mapping[str, Trouble] = MappingProxyType(_ENTRIES)
"""By the name of a class in ``model.errors``, or of an occasion no error stands for."""
