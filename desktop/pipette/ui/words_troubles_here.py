"""What can go wrong on this computer: files, disks, keychain, clock."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.ui.words_troubles import Remedy, Trouble

_ENTRIES = {
    "SourceChanged": Trouble(
        "E06",
        "{File} changed on disk",
        short="Changed on disk",
        reason="the file changed after it was dropped",
        advice="Drop it again to send the new version.",
        text=(
            "Size or time moved since it was checked, so old and new parts do not fit.",
            "Nothing of it was delivered.",
        ),
        remedies=(Remedy.SEND_NEW_VERSION, Remedy.SKIP),
    ),
    "SourceMissing": Trouble(
        "E07",
        "{File} is no longer there",
        short="File is gone",
        reason="the file is no longer where it was",
        advice="Put it back or plug its drive in, then try again.",
        text=(
            "It was moved, renamed or its drive unplugged.",
            "Sent parts stay as long as {place} keeps them.",
        ),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP),
    ),
    "SourceInUse": Trouble(
        "E08",
        "{File} is in use",
        short="In use by another program",
        reason="another program holds the file",
        advice="Close that program, or wait: it is tried again by itself.",
        text=("Another program holds it.", "Pipette tries every minute."),
        remedies=(Remedy.TRY_NOW, Remedy.SKIP),
    ),
    "SourceUnreadable": Trouble(
        "E09",
        "No permission to read {file}",
        short="May not be read",
        reason="the system does not let Pipette read the file",
        advice="Give yourself the right to read it, then try again.",
        text=("The system refused.", "The other files go on."),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP),
    ),
    "SourceDamaged": Trouble(
        "E10",
        "The disk reads with errors",
        short="Disk reads with errors",
        reason="the drive returned errors while reading",
        advice="Check the drive or copy the file to another one, then try again.",
        text=(
            (
                "{drive} returned read errors at {position}.",
                "The drive returned errors or an early end while reading {file}.",
            ),
            "Stopped to avoid sending damaged data.",
        ),
        remedies=(Remedy.TRY_AGAIN, Remedy.SKIP),
    ),
    "CutOff": Trouble(
        "E11",
        "{File} seems cut off",
        short="Seems cut off",
        reason="its gzip data end too early",
        advice="Make the file again, or send it as it is.",
        text=("The gzip data end too early.", "Not sent."),
        remedies=(Remedy.SHOW, Remedy.SEND_ANYWAY),
    ),
    "DiskFull": Trouble(
        "E21",
        "This computer's disk is full",
        short="Disk is full",
        reason="the disk of this computer is full",
        advice="Make room, then resume; nothing is damaged.",
        text=(("{free} left, {needed} needed.", ""), "Download paused; nothing damaged."),
        remedies=(Remedy.CHOOSE_FOLDER, Remedy.RESUME),
    ),
    "TargetUnwritable": Trouble(
        "E31",
        "The chosen folder cannot be written",
        short="Folder cannot be written",
        reason="the chosen folder on this computer cannot be written",
        advice="Choose another folder, or give yourself the right to write there.",
        text=("The system refused to write there.", "Nothing was changed."),
        remedies=(Remedy.CHOOSE_FOLDER, Remedy.TRY_AGAIN),
    ),
    "ClockWrong": Trouble(
        "E24",
        "The clock is wrong",
        short="Clock is wrong",
        reason="the clock of this computer is wrong",
        advice="Set date and time, then try again.",
        text=(
            (
                "This computer is {minutes} min off; {place} refuses such requests.",
                "{Place} refuses requests from a computer whose clock is off.",
            ),
        ),
        remedies=(Remedy.DATE_SETTINGS, Remedy.TRY_AGAIN),
    ),
    "KeychainLocked": Trouble(
        "E27",
        "The keychain is locked",
        short="Keychain is locked",
        reason="the system did not hand out the key",
        advice="Unlock the keychain and try again.",
        text=("The system did not hand out the key.", "Transfers wait."),
        remedies=(Remedy.UNLOCK, Remedy.USE_FOR_SESSION),
    ),
    "NoKeychain": Trouble(
        "E32",
        "No keychain on this computer",
        short="No keychain",
        reason="this computer has no keychain that could hold the key",
        advice="Keep the key for this session only, or set up a keychain.",
        text=(
            "Pipette keeps keys only in the system's keychain, never in files.",
            "The key can be used for this session and is forgotten afterwards.",
        ),
        remedies=(Remedy.USE_FOR_SESSION, Remedy.CANCEL),
    ),
    "StoppedUnexpectedly": Trouble(
        "E28",
        "Pipette stopped unexpectedly last time",
        short="Stopped unexpectedly",
        reason="Pipette stopped unexpectedly",
        advice="It goes on where it stopped.",
        text=(
            ("The queue is intact: {count} resume.", "The queue is intact and goes on."),
            "No file is counted twice.",
        ),
        remedies=(Remedy.GO_ON,),
    ),
    "TransferError": Trouble(
        "E30",
        "Something unexpected went wrong",
        short="Failed",
        reason="something unexpected went wrong",
        advice="Try again; if it stays, copy the details for support.",
        text=(
            "{File} could not be finished; the other files go on.",
            "What was sent already is kept.",
        ),
        remedies=(Remedy.TRY_AGAIN, Remedy.COPY_DETAILS),
    ),
}

TROUBLES_HERE: Mapping[str, Trouble] = MappingProxyType(_ENTRIES)
"""By the name of a class in ``model.errors``, or of an occasion no error stands for."""
