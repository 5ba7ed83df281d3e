//! The rules of groups by name, so that a build for tests can switch each of them off.
//!
//! A rule that nobody would miss is not tested. Built with the feature `mutants`, one rule at a
//! time can be switched off for the whole process, and the simulator has to notice; see
//! `docs/testing.md`. Built without it, every rule holds, and asking costs nothing.

#[cfg(feature = "mutants")]
use core::sync::atomic::{AtomicUsize, Ordering};

/// The rule that is switched off, as one more than its place; 0 for none.
#[cfg(feature = "mutants")]
static OFF: AtomicUsize = AtomicUsize::new(0);

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A rule that can be switched off in a build for tests.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

rules! {
    // What one version has to be (`graph/judge.rs`).
    /// A header is of its form: ids, versions by age, ends in order.
    Form,
    /// Nothing is taken whose latest end is past.
    Over,
    /// A body is the one that was signed.
    Body,
    /// A header comes without its body only when its record has ended.
    BodyUntilEnd,
    /// A record that shows a chain follows from it.
    ShownAsGiven,
    /// A chain that is shown is verified.
    ChainVerified,
    /// A header is signed by its author for this group.
    Signature,
    /// An open invitation promises what its author may give.
    Promise,
    /// What is dated further ahead than clocks differ waits.
    Ahead,
    /// Revocations and keys count whatever their date.
    Urgent,
    /// Only the root key says what the group is.
    RootOnly,
    /// A credential is used by its subject.
    OwnCredential,
    /// Nothing is written after a membership ended by date.
    ValidWhenWritten,
    /// Revocations and keys are for ever, in one version.
    SystemStays,
    /// Revocations and keys are made by admins.
    AdminsDecide,
    /// Open invitations are made by those who may invite.
    InvitersInvite,
    /// Open invitations are changed by their authors and admins.
    InvitationsOwned,
    /// Other records of the system are made by admins.
    SystemByAdmins,
    /// Keepers write nothing.
    KeepersKeep,
    /// Records are changed by their creators and admins.
    RecordsOwned,
    /// A record does not outlast the credential that it was written under.
    EndsWithin,
    // What ends come to (`graph/rights.rs`).
    /// Of what an ended member did, what is named stands, and nothing else.
    Named,
    /// An end counts at once.
    EndsAtOnce,
    /// An end that only a key names counts too.
    Covered,
    /// So does one of whoever brought somebody in.
    CoveredAbove,
    /// Whom an ended member let in without being named is none.
    IssuersStand,
    /// An admin is ended by somebody nearer to the founder.
    Nearer,
    /// Nobody ends itself.
    NotOneself,
    /// Whoever was ended ends nobody.
    RevokerStands,
    /// A credential lifts the ends that it names.
    Lifts,
    /// Taking rights away leaves what took none.
    RightsOnly,
    /// Of several lists those of the nearest authors count.
    NearestLists,
    /// A list adds to the ends of those who are no nearer.
    AddsAsNear,
    // How many credentials there are (`graph/credentials.rs`).
    /// An inviter has so many places below it.
    PlacesOfInviter,
    /// An issuer gives one subject so many.
    PlacesOfPair,
    /// Places are filled in turn.
    PlacesInTurn,
    // Budgets (`graph/budget.rs`).
    /// So many records under one credential.
    BudgetRecords,
    /// So many bytes.
    BudgetBytes,
    /// What comes last in an author's order is what is over.
    BudgetOrder,
    /// What was deleted has a budget of its own.
    BudgetOfTombstones,
    /// So have records of the system.
    BudgetOfSystem,
    /// An admin gives somebody more.
    BudgetRaised,
    // Keys (`graph/key_records.rs`, `group/keyring.rs`, `group/rotation.rs`).
    /// The newest key is the one that covers most ends.
    KeyCoversMost,
    /// Of these the latest.
    KeyLatest,
    /// A key record stays, so that what was sealed with its key can be read.
    KeysStay,
    /// If an end takes it away from its author, its key seals nothing new.
    KeyStands,
    /// A key counts when all its parts are here.
    KeyWhole,
    /// Whom it names as ended is not given it before there was time to hear of that.
    KeyWaits,
    /// A key that is given is the one that its record promises.
    KeyPromised,
    /// Whenever an end is uncovered, an admin makes a new key.
    Rotation,
    /// Until there is one, nothing is sealed.
    Hold,
    /// A key is sealed to members alone.
    KeyToMembers,
    // What waits and what is set aside (`graph/waiting.rs`, `graph/replica/settle.rs`).
    /// What nobody knows the credential of waits.
    Waits,
    /// One author has a share of what waits.
    WaitingShare,
    /// What waits is bounded.
    WaitingBytes,
    /// What another signer's version beat is kept.
    BeatenKept,
    /// Only its creator puts a record in the place of another.
    ReplacesOwn,
    /// A record that is replaced goes.
    Replaces,
    /// What was written under a credential that was taken back is judged anew.
    JudgedAnew,
    // What is said to whom (`group/sync`, `group/membership/revoke.rs`).
    /// Who is no member gets nothing, and no key.
    ServesMembers,
    /// A keeper is given nothing that opens records.
    KeepersReadNothing,
    /// A chain is shown by its own subject.
    OwnChain,
    /// Whoever is shut out is given the proof.
    ProofOfEnd,
    /// What broke a rule is not asked for again.
    NotAskedAgain,
    /// Signatures are checked for strangers within bounds.
    ChecksBounded,
    /// Frames of strangers are looked at within bounds.
    FramesOfStrangers,
    /// Links with strangers end.
    StrangersEnd,
    /// Whoever asks faster than it listens gets no answers.
    Flooded,
    // Invitations (`group/invite.rs`, `group/revoke.rs`).
    /// Whoever asks to be let in proves the invitation.
    UseProved,
    /// No more come in than an invitation says.
    Uses,
    /// An invitation is of no use after its end.
    InvitationEnds,
    /// An invitation is of no use once its author may not give what it promises.
    InvitationBacked,
    /// An exact one is admitted by its author alone.
    Exact,
    /// So many are admitted in a minute.
    AdmissionRate,
    /// Who was shut out is not let in by an open invitation.
    ShutOutStaysOut,
    /// The invitations of whoever is shut out end.
    InvitationsFollow,
    // Time (`clock.rs`, `group/time.rs`, `graph/expire.rs`).
    /// Group time follows the middle clock.
    MiddleClock,
    /// And by no more than clocks differ that are right.
    ClockBound,
    /// A member's clock counts once.
    OneClockEach,
    /// A clock that was set has heard nothing yet.
    ClockForgets,
    /// Rights that ended by date have ended, wherever a clock goes back to.
    RightsStayEnded,
    /// Who is ahead dates by the members' clock.
    DatedByTheEarlier,
    /// Who was ahead writes anew.
    Rewrites,
    /// What was written while one was shut out and did not know is written anew by who is back.
    RewritesUnseen,
    /// And once what all hold who are linked is known.
    RewritesInStep,
    /// What was hidden is there again when time goes back.
    Reveals,
    /// Bytes go by a time that all have passed.
    CertainTime,
    /// And some time after that.
    EraseGrace,
    /// The header of what ended stays until its latest end.
    HeaderStays,
    /// Who offers something older gets the header of what has ended.
    EndsGiven,
}

impl Rule {
    /// Whether it holds: always, but in a build for tests that has switched it off.
    #[must_use]
    #[inline]
    #[cfg(not(feature = "mutants"))]
    pub const fn holds(self) -> bool {
        true
    }

    /// Whether it holds.
    #[must_use]
    #[inline]
    #[cfg(feature = "mutants")]
    pub fn holds(self) -> bool {
        OFF.load(Ordering::Relaxed) != self as usize + 1
    }

    /// Switches it off in this process, for good.
    #[cfg(feature = "mutants")]
    pub fn switch_off(self) {
        OFF.store(self as usize + 1, Ordering::Relaxed);
    }
}
