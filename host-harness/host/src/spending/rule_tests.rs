use super::*;

const HOUR_MS: u64 = 60 * 60 * 1000;
/// Noon of some day, UTC.
const NOON_MS: u64 = 1_767_225_600_000 + 12 * HOUR_MS;

fn job(at_ms: u64, chat: Option<&str>) -> Begun {
    Begun {
        at_ms,
        chat: chat.map(str::to_owned),
        id: format!("{at_ms}-{}", fastrand::u64(..)),
    }
}

fn limits(per_day: u32, per_chat_and_day: Option<u32>) -> Limits {
    Limits {
        per_day,
        per_chat_and_day,
    }
}

/// As [`Counter`](super::super::Counter) does it: what counts now, and one more.
fn take(
    jobs: &mut Vec<Begun>,
    limits: &Limits,
    chat: Option<&str>,
    now_ms: u64,
) -> Result<(), String> {
    let mut count = Count::of(jobs.clone(), now_ms);
    let taken = count.take(limits, job(now_ms, chat));
    *jobs = count.jobs().to_vec();
    taken.map_err(|full| full.sentence(0))
}

#[test]
fn the_limit_of_a_chat_is_told_with_the_time_at_which_the_oldest_job_is_a_day_old() {
    let (mut jobs, limits) = (Vec::new(), limits(100, Some(5)));
    let nine = NOON_MS - 3 * HOUR_MS;
    for hour in 0..5 {
        take(&mut jobs, &limits, Some("oc_a"), nine + hour * HOUR_MS).unwrap();
    }
    let late = nine + 10 * HOUR_MS;
    let refused = take(&mut jobs, &limits, Some("oc_a"), late).unwrap_err();
    assert_eq!(
        refused,
        "The limit of 5 jobs a day for this chat is reached; the next is possible at 09:00."
    );
    // Another chat has its own, and so have the jobs of none.
    take(&mut jobs, &limits, Some("oc_b"), late).unwrap();
    take(&mut jobs, &limits, None, late).unwrap();
    let tomorrow = nine + 24 * HOUR_MS;
    take(&mut jobs, &limits, Some("oc_a"), tomorrow - 1).unwrap_err();
    take(&mut jobs, &limits, Some("oc_a"), tomorrow).unwrap();
    take(&mut jobs, &limits, Some("oc_a"), tomorrow).unwrap_err();
}

#[test]
fn jobs_without_a_chat_are_no_way_round_the_limit_of_chats() {
    let (mut jobs, limits) = (Vec::new(), limits(100, Some(1)));
    take(&mut jobs, &limits, None, NOON_MS).unwrap();
    let refused = take(&mut jobs, &limits, None, NOON_MS + 1).unwrap_err();
    assert_eq!(
        refused,
        "The limit of 1 job a day without a chat is reached; the next is possible at 12:00."
    );
}

#[test]
fn of_two_limits_that_are_reached_the_one_that_lasts_longer_is_told() {
    let mut jobs = vec![
        job(NOON_MS, Some("oc_b")),
        job(NOON_MS + HOUR_MS, Some("oc_a")),
    ];
    let now_ms = NOON_MS + 2 * HOUR_MS;
    let refused = take(&mut jobs, &limits(2, Some(1)), Some("oc_a"), now_ms).unwrap_err();
    assert!(refused.contains("for this chat") && refused.contains("13:00"));
    let refused = take(&mut jobs, &limits(2, Some(1)), Some("oc_b"), now_ms).unwrap_err();
    // Both at noon.
    assert!(refused.contains("12:00"), "{refused}");
    let refused = take(&mut jobs, &limits(2, Some(0)), Some("oc_a"), now_ms).unwrap_err();
    assert_eq!(
        refused,
        "The limit of 0 jobs a day for this chat is reached; none is possible until it is raised."
    );
}

#[test]
fn a_clock_that_is_set_back_opens_nothing_and_closes_nothing_for_longer_than_a_day() {
    let (mut jobs, limits) = (Vec::new(), limits(2, None));
    take(&mut jobs, &limits, None, NOON_MS).unwrap();
    take(&mut jobs, &limits, None, NOON_MS).unwrap();
    let year = 365 * 24 * HOUR_MS;
    let back = NOON_MS - year;
    let refused = take(&mut jobs, &limits, None, back).unwrap_err();
    assert!(refused.contains("the next is possible at"), "{refused}");
    take(&mut jobs, &limits, None, back + 24 * HOUR_MS - 1).unwrap_err();
    take(&mut jobs, &limits, None, back + 24 * HOUR_MS).unwrap();
    // A clock at its very beginning counts as well.
    let mut jobs = vec![job(NOON_MS, None), job(NOON_MS, None)];
    take(&mut jobs, &limits, None, 0).unwrap_err();
}

#[test]
fn a_limit_that_was_lowered_waits_until_so_many_jobs_are_over() {
    let mut jobs: Vec<Begun> = (0..5)
        .map(|hour| job(NOON_MS + hour * HOUR_MS, None))
        .collect();
    let refused = take(&mut jobs, &limits(2, None), None, NOON_MS + 5 * HOUR_MS).unwrap_err();
    // Four of the five have to be over: the fourth began at 15:00.
    assert!(refused.contains("15:00"), "{refused}");
}

#[test]
fn a_place_that_is_given_back_is_free_and_no_other_is() {
    let (mut count, limits) = (Count::default(), limits(2, None));
    let (first, second) = (job(NOON_MS, None), job(NOON_MS, None));
    count.take(&limits, first.clone()).unwrap();
    count.take(&limits, second).unwrap();
    count.give_back(&first.id);
    count.give_back(&first.id);
    assert_eq!(count.standing(&limits, None).all.left, 1);
}

#[test]
fn what_is_left_says_how_many_and_when_the_next_is_free() {
    let (mut count, limits) = (Count::default(), limits(2, Some(1)));
    count.take(&limits, job(NOON_MS, Some("oc_a"))).unwrap();
    let standing = count.standing(&limits, Some("oc_a"));
    assert_eq!((standing.all.left, standing.all.next_at_ms), (1, None));
    let of_chat = standing.group.unwrap();
    assert_eq!(
        (of_chat.left, of_chat.next_at_ms),
        (0, Some(NOON_MS + DAY_MS))
    );
    assert_eq!(count.standing(&limits, Some("oc_b")).group.unwrap().left, 1);
}

#[test]
fn a_time_is_that_of_the_next_whole_minute_on_the_clock_of_the_place() {
    let full = Full {
        scope: Scope::All,
        limit: 100,
        next_at_ms: Some(NOON_MS + 1),
    };
    let in_shanghai = 8 * 3600;
    assert_eq!(
        full.sentence(in_shanghai),
        "The limit of 100 jobs a day is reached; the next is possible at 20:01."
    );
    assert!(full.sentence(-12 * 3600).contains("at 00:01"));
}
