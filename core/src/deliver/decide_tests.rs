//! The decision as a table: for each kind of key, each state and each answer what happens next.

use super::*;
use crate::channel::traits::{Key, Pace, TextLimit, Unit};
use crate::session::{Purpose, Shape};
use crate::upstream::results::ResultUrl;

const NOW_MS: u64 = 1_800_000_000_000;
const MINUTE_MS: u64 = 60_000;
const MOMENT: Moment = Moment {
    now_ms: NOW_MS,
    jitter: 0,
};
const FIRST: Phase = Phase::Committing { is_first: true };
const REPEATED: Phase = Phase::Committing { is_first: false };

const fn traits(key: Key, key_spans_link: bool, reads_back: bool) -> Traits {
    Traits {
        media: &[],
        text: TextLimit {
            max: 1_000,
            unit: Unit::Chars,
        },
        pace: Pace {
            messages: 5,
            window_ms: 1_000,
        },
        edits: false,
        deadline_ms: Some(5 * MINUTE_MS),
        answers: None,
        key,
        key_spans_link,
        reads_back,
    }
}

/// As Feishu's: an hour, for media and links alike.
const WINDOW: Traits = traits(
    Key::Window {
        kept_ms: 60 * MINUTE_MS,
        margin_ms: 10 * MINUTE_MS,
    },
    true,
    false,
);
/// The same bytes are shown once: a link isn't the medium.
const SAME_BODY: Traits = traits(
    Key::SameBody {
        kept_ms: 60 * MINUTE_MS,
        margin_ms: 10 * MINUTE_MS,
    },
    false,
    false,
);
/// Nothing tells a repetition.
const NO_KEY: Traits = traits(Key::None, false, false);
/// The same, but the platform says what became of a message.
const ASKED: Traits = traits(Key::None, false, true);

/// What is uploaded is shown once; a text has no key.
const ONE_SHOT: Traits = traits(Key::OneShot, false, false);

/// What is sent.
#[derive(Clone, Copy, Debug)]
enum What {
    Film,
    Link,
    Notice,
}

/// A delivery that is being committed, or, with `Phase::Preparing`, prepared for the first time.
fn delivery(what: What, phase: Phase) -> Delivery {
    let url = ResultUrl::parse("https://libtv-res.liblib.art/claw/p/a.mp4").unwrap();
    let purpose = match what {
        What::Film | What::Link => Purpose::Result(url),
        What::Notice => Purpose::Question,
    };
    let mut delivery = Delivery::planned("nonce", 1, 1, purpose, "subject", NOW_MS);
    let film = Message {
        shape: Shape::Video,
        form: 1,
        body: "key".to_owned(),
    };
    delivery.message = match what {
        What::Film => (phase != Phase::Preparing).then_some(film),
        What::Link | What::Notice => Some(Message::text("x".repeat(90))),
    };
    if let Phase::Committing { is_first } = phase {
        delivery.state = DeliveryState::Sending;
        let age_ms = if is_first { 0 } else { MINUTE_MS };
        delivery.first_sent_at_ms = Some(NOW_MS - age_ms);
    }
    delivery
}

/// The essence of a decision, as a table has it.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// In the chat.
    Shown,
    /// Its link, now.
    Link,
    /// Links for all of the turn.
    Links,
    /// Again after so long, with nothing shown.
    Unsent(u64),
    /// Again after so long, and it may be shown.
    Begun(u64),
    Failed,
    Uncertain,
}

fn next(decision: &Decision) -> Next {
    let delivery = &decision.delivery;
    let pause_ms = delivery.next_try_at_ms.saturating_sub(NOW_MS);
    match (&decision.then, delivery.state) {
        (Then::Link(_), _) => Next::Link,
        (Then::LinksOfAll(_), _) => Next::Links,
        (Then::Store, DeliveryState::Delivered | DeliveryState::LinkOnly) => Next::Shown,
        (Then::Store, DeliveryState::Failed) => Next::Failed,
        (Then::Store, DeliveryState::Uncertain) => Next::Uncertain,
        (Then::Store, DeliveryState::Pending) => Next::Unsent(pause_ms),
        (Then::Store, DeliveryState::Sending) => Next::Begun(pause_ms),
    }
}

fn no(meaning: Meaning) -> Answer {
    Answer::Refused(meaning, "no".to_owned())
}

#[test]
fn each_answer_has_its_consequence() {
    use Meaning::{
        BadToken, ForGood, ForeignUpload, MediaGone, MediaUnread, MissingScope, NoThread,
        RateLimited, TooLong, Withheld,
    };
    use Next::{Begun, Failed, Link, Links, Shown, Uncertain, Unsent};
    use What::Film;
    let (notice, link) = (What::Notice, What::Link);
    let preparing = Phase::Preparing;
    let lost = || Answer::Unknown("no answer".to_owned());
    let unsent = || Answer::NotDispatched("no network".to_owned());
    let scope = || no(MissingScope("https://page".to_owned()));
    let committed = || Answer::Committed(Some("om_1".to_owned()));
    for (at, (traits, what, phase, answer, expected)) in [
        // In the chat.
        (&WINDOW, Film, FIRST, committed(), Shown),
        (&NO_KEY, link, REPEATED, committed(), Shown),
        // It didn't leave: a first attempt showed nothing, a later one tells nothing of the others.
        (&WINDOW, Film, FIRST, unsent(), Unsent(1_000)),
        (&WINDOW, Film, REPEATED, unsent(), Begun(1_000)),
        (&NO_KEY, notice, FIRST, unsent(), Unsent(1_000)),
        (&WINDOW, Film, preparing, unsent(), Unsent(1_000)),
        // The answer was lost: again where that shows nothing twice, asked where that can be, else never again.
        (&WINDOW, Film, FIRST, lost(), Begun(1_000)),
        (&SAME_BODY, notice, FIRST, lost(), Begun(1_000)),
        (&NO_KEY, Film, FIRST, lost(), Uncertain),
        (&NO_KEY, notice, FIRST, lost(), Uncertain),
        (&ASKED, Film, FIRST, lost(), Begun(1_000)),
        // Nothing was shown by what precedes a commit.
        (&NO_KEY, Film, preparing, lost(), Unsent(1_000)),
        // Refused for good: the link, where the film certainly wasn't shown or the link counts as the film.
        (&WINDOW, Film, FIRST, no(ForGood), Link),
        (&WINDOW, Film, REPEATED, no(ForGood), Link),
        (&SAME_BODY, Film, FIRST, no(ForGood), Link),
        (&SAME_BODY, Film, REPEATED, no(ForGood), Uncertain),
        (&NO_KEY, Film, preparing, no(ForGood), Link),
        (&WINDOW, notice, FIRST, no(ForGood), Failed),
        (&WINDOW, notice, REPEATED, no(ForGood), Uncertain),
        (&WINDOW, link, FIRST, no(NoThread), Failed),
        (&WINDOW, link, REPEATED, no(ForGood), Uncertain),
        // For people to mend.
        (&WINDOW, Film, FIRST, no(Withheld), Unsent(1_000)),
        (&WINDOW, Film, REPEATED, no(Withheld), Begun(1_000)),
        (&WINDOW, Film, preparing, scope(), Links),
        (&WINDOW, Film, FIRST, scope(), Unsent(1_000)),
        // Too fast.
        (&WINDOW, Film, FIRST, no(RateLimited(7_000)), Unsent(7_000)),
        (&WINDOW, Film, REPEATED, no(RateLimited(1)), Begun(50)),
        // Too long: shorter, where other words are the same message.
        (&WINDOW, notice, FIRST, no(TooLong), Unsent(0)),
        (&WINDOW, notice, REPEATED, no(TooLong), Begun(0)),
        (&SAME_BODY, notice, FIRST, no(TooLong), Unsent(0)),
        (&SAME_BODY, notice, REPEATED, no(TooLong), Uncertain),
        (&WINDOW, Film, FIRST, no(TooLong), Link),
        // Uploaded by another app: once more.
        (&WINDOW, Film, FIRST, no(ForeignUpload), Unsent(2_000)),
        (&WINDOW, Film, REPEATED, no(ForeignUpload), Begun(2_000)),
        (&SAME_BODY, Film, REPEATED, no(ForeignUpload), Uncertain),
        // Of the media and the token.
        (&WINDOW, Film, preparing, no(MediaGone), Unsent(1_000)),
        (&WINDOW, Film, preparing, no(MediaUnread), Unsent(1_000)),
        (&WINDOW, Film, FIRST, no(BadToken), Unsent(1_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let before = delivery(what, phase);
        let decision = decide(&before, phase, &answer, MOMENT, traits);
        assert_eq!(
            next(&decision),
            expected,
            "{at}: {what:?} {phase:?} {answer:?} {:?}",
            traits.key
        );
    }
}

#[test]
fn what_is_tried_in_vain_ends_and_what_may_be_shown_is_not_said_to_have_failed() {
    let lost = Answer::Unknown("no answer".to_owned());
    let offline = Answer::NotDispatched("no network".to_owned());
    let gone = no(Meaning::MediaGone);
    let fast = no(Meaning::RateLimited(1));
    let rights = no(Meaning::Withheld);
    for (what, phase, answer, attempts, end) in [
        (What::Film, Phase::Preparing, &gone, 4, Next::Link),
        (What::Film, Phase::Preparing, &lost, 12, Next::Link),
        (What::Notice, FIRST, &offline, 300, Next::Failed),
        (What::Notice, FIRST, &fast, 300, Next::Failed),
        (What::Notice, FIRST, &rights, 100, Next::Failed),
    ] {
        let mut known = delivery(what, phase);
        for attempt in 1..=attempts {
            if phase != Phase::Preparing {
                known.state = DeliveryState::Sending;
                known.first_sent_at_ms = Some(NOW_MS);
            }
            let decision = decide(&known, phase, answer, MOMENT, &WINDOW);
            let ended = !matches!(next(&decision), Next::Unsent(_));
            assert_eq!(ended, attempt == attempts, "{answer:?}, attempt {attempt}");
            if ended {
                assert_eq!(next(&decision), end, "{answer:?}");
            }
            known = decision.delivery;
        }
    }
    let mut begun = delivery(What::Notice, REPEATED);
    for _ in 0..400 {
        begun = decide(&begun, REPEATED, &offline, MOMENT, &WINDOW).delivery;
        assert_eq!(begun.state, DeliveryState::Sending);
    }
}

#[test]
fn what_was_begun_under_a_key_that_never_ends_ends_by_its_attempts() {
    let forever = traits(Key::Forever, true, false);
    let answers = [
        (no(Meaning::MediaUnread), MAX_ATTEMPTS),
        (
            Answer::NotDispatched("no network".to_owned()),
            MAX_ATTEMPTS_WITHOUT_NETWORK,
        ),
        (no(Meaning::RateLimited(1)), MAX_ATTEMPTS_WITHOUT_NETWORK),
        (no(Meaning::Withheld), MAX_ATTEMPTS_WITHHELD),
    ];
    for (answer, attempts) in answers {
        for (traits, what, end) in [
            (&ONE_SHOT, What::Film, Next::Uncertain),
            (&forever, What::Notice, Next::Uncertain),
            // The link counts as the film there, which may have arrived. What people can mend waits for them as it is.
            (&forever, What::Film, Next::Link),
        ] {
            let mut begun = delivery(what, REPEATED);
            for _ in 1..attempts {
                begun = decide(&begun, REPEATED, &answer, MOMENT, traits).delivery;
                assert_eq!(begun.state, DeliveryState::Sending, "{answer:?}");
            }
            let end = match answer {
                Answer::Refused(Meaning::Withheld, _) => Next::Uncertain,
                _ => end,
            };
            let last = decide(&begun, REPEATED, &answer, MOMENT, traits);
            assert_eq!(next(&last), end, "{answer:?} {:?}", traits.key);
        }
    }
}

#[test]
fn what_is_shown_once_is_committed_again_and_asked_about_in_the_end_no_more_and_a_text_never() {
    let lost = Answer::Unknown("no answer".to_owned());
    let step =
        |known: &Delivery, phase, answer: &Answer| decide(known, phase, answer, MOMENT, &ONE_SHOT);
    for phase in [FIRST, REPEATED] {
        let text = step(&delivery(What::Notice, phase), phase, &lost);
        assert_eq!(next(&text), Next::Uncertain);
    }
    let film = delivery(What::Film, FIRST);
    assert_eq!(next(&step(&film, FIRST, &no(Meaning::ForGood))), Next::Link);
    let mut begun = step(&film, FIRST, &lost).delivery;
    // The other one may be there: no link beside it.
    let gone = step(&begun, REPEATED, &no(Meaning::ForGood));
    assert_eq!(next(&gone), Next::Uncertain);
    for _ in 1..MAX_ATTEMPTS {
        assert!(holds(&begun, NOW_MS + (1 << 40), &ONE_SHOT));
        assert_eq!(begun.state, DeliveryState::Sending);
        begun = step(&begun, REPEATED, &lost).delivery;
    }
    assert_eq!(next(&step(&begun, REPEATED, &lost)), Next::Uncertain);
}

#[test]
fn a_lost_message_is_uncertain_once_its_key_is_old_unless_the_platform_can_be_asked() {
    let mut begun = delivery(What::Film, FIRST);
    for (traits, age_ms, ends) in [
        (&WINDOW, 50 * MINUTE_MS - 1, false),
        (&WINDOW, 50 * MINUTE_MS, true),
        (&NO_KEY, 0, true),
        (&ASKED, 1 << 40, false),
    ] {
        begun.first_sent_at_ms = Some(NOW_MS - age_ms);
        let decision = expired(&begun, NOW_MS, traits);
        let state = decision.map(|decision| decision.delivery.state);
        let expected = ends.then_some(DeliveryState::Uncertain);
        assert_eq!(state, expected, "{:?} after {age_ms}", traits.key);
    }
    // Where only a marker is left of it, nothing has the key that stood in its message.
    begun.message = None;
    begun.first_sent_at_ms = Some(NOW_MS - 1);
    for (traits, ends) in [
        (&ASKED, true),
        (&ONE_SHOT, true),
        (&SAME_BODY, true),
        (&WINDOW, false),
    ] {
        let decision = expired(&begun, NOW_MS, traits);
        let state = decision.map(|decision| decision.delivery.state);
        let expected = ends.then_some(DeliveryState::Uncertain);
        assert_eq!(state, expected, "{:?}", traits.key);
    }
    begun.state = DeliveryState::Pending;
    assert_eq!(expired(&begun, NOW_MS, &NO_KEY), None);
}

#[test]
fn what_nobody_can_say_of_a_message_is_not_said_while_another_process_may_be_at_it() {
    let mut begun = delivery(What::Film, FIRST);
    begun.under_way = true;
    for (traits, age_ms, waits) in [
        (&NO_KEY, 0, true),
        (&NO_KEY, MAX_STEP_MS - 1, true),
        (&NO_KEY, MAX_STEP_MS, false),
        // Repeated or asked about it may be at any time.
        (&WINDOW, 0, false),
        (&ASKED, 0, false),
    ] {
        begun.first_sent_at_ms = Some(NOW_MS - age_ms);
        let until_ms = under_way_until_ms(&begun, NOW_MS, traits);
        assert_eq!(until_ms.is_some(), waits, "{:?} after {age_ms}", traits.key);
    }
    // By a clock that was set back it would be so for ever.
    begun.first_sent_at_ms = Some(NOW_MS + 1);
    assert_eq!(under_way_until_ms(&begun, NOW_MS, &NO_KEY), None);
    // Whoever made the attempt knows its end.
    let lost = Answer::Unknown("no answer".to_owned());
    let decision = decide(&begun, REPEATED, &lost, MOMENT, &ASKED);
    assert!(!decision.delivery.under_way);
}

#[test]
fn only_the_word_that_it_is_not_there_lets_a_lost_message_go_again() {
    let begun = delivery(What::Film, REPEATED);
    let unknown = Found::Unknown("not now".to_owned());
    for (found, expected) in [
        (Found::Sent(Some("m".to_owned())), Next::Shown),
        (Found::NotSent, Next::Unsent(0)),
        (unknown.clone(), Next::Begun(1_000)),
    ] {
        let decision = decide_found(&begun, &found, MOMENT, &ASKED);
        assert_eq!(next(&decision), expected, "{found:?}");
    }
    let mut asked = begun;
    for _ in 0..MAX_ATTEMPTS {
        asked = decide_found(&asked, &unknown, MOMENT, &ASKED).delivery;
    }
    let decision = decide_found(&asked, &unknown, MOMENT, &ASKED);
    assert_eq!(next(&decision), Next::Uncertain);
}

#[test]
fn a_channel_that_is_not_known_is_waited_for_and_given_up_by_its_name() {
    for (phase, end) in [
        (Phase::Preparing, Next::Failed),
        (REPEATED, Next::Uncertain),
    ] {
        let mut known = delivery(What::Film, phase);
        for _ in 1..MAX_ATTEMPTS_WITHHELD {
            known = no_channel(&known, "pigeon", MOMENT).delivery;
            assert!(known.state.is_open());
        }
        let decision = no_channel(&known, "pigeon", MOMENT);
        assert_eq!(next(&decision), end);
        let reason = decision.delivery.trouble.unwrap();
        assert!(reason.contains("“pigeon”"), "{reason}");
    }
}

#[test]
fn what_is_ready_too_late_for_the_chat_is_not_begun_and_what_was_begun_goes_on() {
    let late_ms = NOW_MS + 5 * MINUTE_MS + 1;
    let fresh = delivery(What::Film, Phase::Preparing);
    let begun = delivery(What::Film, FIRST);
    assert!(is_too_late(&fresh, NOW_MS, late_ms, &WINDOW));
    assert!(!is_too_late(&fresh, NOW_MS, late_ms - 1, &WINDOW));
    assert!(!is_too_late(&begun, NOW_MS, late_ms, &WINDOW));
}
