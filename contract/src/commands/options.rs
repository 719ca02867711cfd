//! How options, words and commands are written down, and the options that several commands share.

use super::{Command, Group, Need, Opt, Runner, SERVICE_WORDS, Value, Words};
use crate::kind::Kind;

impl Opt {
    /// An option with a value, known to both sides.
    pub(super) const fn new(
        name: &'static str,
        value: Value,
        value_name: &'static str,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            value,
            value_name,
            about,
            many: false,
            needed: false,
            harness_only: false,
            conflicts: &[],
            feature: None,
            formerly: None,
        }
    }

    /// It was called so before.
    pub(super) const fn formerly(self, name: &'static str) -> Self {
        Self {
            formerly: Some(name),
            ..self
        }
    }

    /// An option without a value.
    pub(super) const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Value::Flag, "", about)
    }

    /// Every argument up to the next option is a value of it.
    pub(super) const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    /// Usage lines show it without brackets. That it is there is judged by [`Need`].
    pub(super) const fn needed(self) -> Self {
        Self {
            needed: true,
            ..self
        }
    }

    /// To the component it is unknown.
    pub(super) const fn harness_only(self) -> Self {
        Self {
            harness_only: true,
            ..self
        }
    }

    /// It can't stand beside these.
    pub(super) const fn conflicts(self, conflicts: &'static [&'static str]) -> Self {
        Self { conflicts, ..self }
    }

    /// It is there only in a program that was built with this feature.
    pub(super) const fn feature(self, feature: &'static str) -> Self {
        Self {
            feature: Some(feature),
            ..self
        }
    }
}

impl Need {
    /// One of these options has to be there, else the sentence is said.
    pub(super) const fn one_of(one_of: &'static [&'static str], sentence: &'static str) -> Self {
        Self {
            one_of,
            or_word: false,
            filled: false,
            sentence,
        }
    }

    /// A word will do as well.
    pub(super) const fn or_word(self) -> Self {
        Self {
            or_word: true,
            ..self
        }
    }

    /// A blank value counts as none.
    pub(super) const fn filled(self) -> Self {
        Self {
            filled: true,
            ..self
        }
    }
}

/// What a command's entry leaves out.
pub(super) const COMPONENT: Command = Command {
    name: "",
    about: "",
    group: Group::Make,
    runner: Runner::Component,
    kind: Kind::Look,
    words: NO_WORDS,
    options: &[],
    below: &[],
    needs: None,
    body: "",
    example: "",
    exits: ("", ""),
    feature: None,
};

/// The same for the program's own.
pub(super) const HARNESS: Command = Command {
    group: Group::Run,
    runner: Runner::Harness,
    ..COMPONENT
};

/// Of commands that have options alone.
pub(super) const NO_WORDS: Words = no_words("It takes nothing beside its options.");

/// No words, with the sentence for whoever gives some.
pub(super) const fn no_words(too_many: &'static str) -> Words {
    Words {
        value: Value::Flag,
        name: "",
        about: "",
        most: 0,
        needed: false,
        too_many,
    }
}

/// One session id.
pub(super) const fn one_id(about: &'static str, needed: bool) -> Words {
    Words {
        value: Value::Session,
        name: "ID",
        about,
        most: 1,
        needed,
        too_many: "It takes one session id.",
    }
}

/// What begins an id is enough.
pub(super) const ONLY_THIS: &str = "only this session; 8 or more characters of its id will do";

/// Of commands on a session that another machine may have submitted.
pub(super) const PROJECT_ID: Opt = Opt::new(
    "project-id",
    Value::Text,
    "UUID",
    "the session's project, if it isn't known here",
);

/// Of commands that ask one service, or keep something of it.
pub(super) const SERVICE: Opt = Opt::new(
    "service",
    Value::Choice(SERVICE_WORDS),
    "S",
    "the service that is meant: nexu, libtv, ark or modelark (else LIBTV_SERVICE, then the stored one)",
);

/// Of every command.
pub(super) const JSON: Opt = Opt::flag("json", "a machine-readable reply");
