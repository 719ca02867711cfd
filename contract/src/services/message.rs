//! What is known of a request that puts a message into a chat: where its recipient stands, what its body may hold, and what
//! its response names for later ones.

use super::Success;

/// Where a message's recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Its id in a member of the JSON body: a text, or a list of this one text.
    JsonField {
        /// The member; `a.b` is the member `b` of the object `a`.
        name: &'static str,
        /// What kind of id it is.
        kind: IdKind,
    },
    /// Its id in a key of the query.
    Query {
        /// The key.
        name: &'static str,
        /// What kind of id it is.
        kind: IdKind,
    },
    /// Its id in the path's first `{}`.
    Path {
        /// What kind of id it is.
        kind: IdKind,
    },
    /// A message that is answered, in the path's first `{}`.
    Message,
    /// Whoever is in the chat of one's own message, in the path's `{own}`: the platform gives no two messages one id.
    OwnMessage,
}

/// What says of which kind a recipient's id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// A key of the query, which is nothing else then.
    Query(&'static str),
    /// It is always this one.
    Always(&'static str),
}

/// A member of a JSON body. Members are written in the order of their table; others are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub is: Shape,
    /// Whether it has to be there.
    pub needed: bool,
}

impl Member {
    /// One that has to be there.
    #[must_use]
    pub const fn needed(name: &'static str, is: Shape) -> Self {
        Self {
            name,
            is,
            needed: true,
        }
    }

    /// One that may be left out.
    #[must_use]
    pub const fn may(name: &'static str, is: Shape) -> Self {
        Self {
            name,
            is,
            needed: false,
        }
    }
}

/// What a member of a JSON body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text that the service alone reads.
    Text,
    /// A text that people read: nobody is called by it.
    Words,
    /// The same where `<` and `>` are markup: it has none of them, and so neither calls people nor hides where a link leads.
    Escaped,
    /// The same where `[shown](address)` is markup, too: neither has it that.
    Plain,
    /// A text where `@name` calls somebody without any markup: it has none.
    Uncalling,
    /// A message that may be answered, by the platform's name for it: one of a named recipient's chat.
    Message,
    /// One's own message in the recipient's chat, which is changed.
    OwnMessage,
    /// What the conversation with the recipient is known by, where that is a secret: the harness's to put in, where it has it, and
    /// nothing that the component may say.
    Context,
    /// What the service calls something: letters, digits, `-` and `_`.
    Id,
    /// What was uploaded, as some platforms name it: `@` and an id. No address: people's programs would fetch whatever stands there.
    Upload,
    /// True or false.
    Flag,
    /// A whole number that is not negative.
    Count,
    /// This value and no other, as JSON: what the platform would do without it isn't left to the component.
    Always(&'static str),
    /// An object of these members.
    Object(&'static [Member]),
    /// One of these: the first that it is.
    Either(&'static [Shape]),
    /// A list of such, of at least one and at most so many.
    List {
        /// What each is.
        of: &'static Shape,
        /// The most.
        most: usize,
    },
    /// A text that is JSON itself: an object of these members.
    PackedAs(&'static [Member]),
    /// The same: an object whose members are chosen by what another member says.
    Packed {
        /// That member.
        by: &'static str,
        /// What it may say, and the members then.
        of: &'static [(&'static str, &'static [Member])],
    },
}

impl Recipient {
    /// The member of these that has this name, of which `a.b` is the member `b` of the object `a`.
    #[must_use]
    pub fn member(members: &'static [Member], name: &str) -> Option<&'static Member> {
        let (outer, inner) = name
            .split_once('.')
            .map_or((name, None), |(outer, inner)| (outer, Some(inner)));
        let member = members.iter().find(|member| member.name == outer)?;
        match (inner, member.is) {
            (None, _) => Some(member),
            (Some(inner), Shape::Object(members)) => Self::member(members, inner),
            (Some(_), _) => None,
        }
    }
}

/// What a response names for later requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// Of responses with this status
    pub status: u16,
    /// that say so.
    pub success: Success,
    /// Of which requests.
    pub of: Asked,
    /// Where it stands, as a JSON pointer.
    pub at: &'static str,
    /// What it is.
    pub what: Named,
}

/// Which requests a response has to be to, by their JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Any of the route.
    Any,
    /// Those whose member says this.
    Saying(&'static str, &'static str),
    /// Those without this member.
    Without(&'static str),
}

/// What a response names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A message that is in the recipient's chat, and may be answered.
    Message,
    /// A message that is in the recipient's chat, by an id that counts in this chat alone: it may be changed.
    OwnMessage,
    /// The same by an id that no other chat has.
    OwnMessageAnywhere,
    /// A recipient that the one of the request leads to (a direct chat with a person), of this kind: it gets messages for as
    /// long as that one does.
    Recipient(&'static str),
    /// An address (of an upload, say) that may be asked in the same call: of a route that is [`only_named`].
    ///
    /// [`only_named`]: super::Route::only_named
    Address,
}
