//! What a component could do to the machine: processor, memory, time, handles.

use std::time::Duration;

use host_harness::{CallError, EventKind, LimitHit, Output, limits};

use super::{GOOD, attack, fill, is_served};
use crate::env::{TestEnv, block_on};

/// Short, so that the test is; a hundred times what the honest step takes.
const CPU: Duration = Duration::from_millis(500);
const WALL: Duration = Duration::from_secs(1);

#[test]
pub fn loops_for_ever() {
    attack!(loops_for_ever)
        .limits(|limits| limits.cpu = CPU)
        .end()
        .stopped_at(LimitHit::Cpu(CPU));
}

#[test]
pub fn loops_while_it_starts() {
    attack!(loops_while_it_starts)
        .limits(|limits| limits.cpu = CPU)
        .hostile_when_started()
        .end()
        .stopped_at(LimitHit::Cpu(CPU));
}

#[test]
pub fn fills_the_memory() {
    attack!(fills_the_memory)
        .end()
        .stopped_at(LimitHit::Memory(limits::MEMORY_BYTES));
}

#[test]
pub fn begins_with_a_gigabyte() {
    attack!(begins_with_a_gigabyte).is_not_loaded("memory");
}

#[test]
pub fn has_sixteen_memories() {
    attack!(has_sixteen_memories).is_not_loaded("memories");
}

#[test]
pub fn fills_a_table() {
    attack!(fills_a_table)
        .hostile_when_started()
        .end()
        .stopped_at(LimitHit::Table(limits::TABLE_ELEMENTS));
}

#[test]
pub fn recurses_for_ever() {
    attack!(recurses_for_ever)
        .end()
        .stopped_at(LimitHit::Stack(limits::STACK_BYTES));
}

#[test]
pub fn sleeps_for_a_year() {
    attack!(sleeps_for_a_year)
        .limits(|limits| limits.wall = WALL)
        .end()
        .stopped_at(LimitHit::Wall(WALL));
}

#[test]
pub fn asks_the_clock_for_ever() {
    attack!(asks_the_clock_for_ever)
        .limits(|limits| (limits.cpu, limits.wall) = (CPU, 20 * WALL))
        .end()
        .stopped_at(LimitHit::Cpu(CPU));
}

#[test]
pub fn waits_for_a_hundred_thousand_clocks() {
    attack!(waits_for_a_hundred_thousand_clocks)
        .end()
        .stopped_at(LimitHit::Handles(limits::HANDLES));
}

#[test]
pub fn opens_a_file_a_thousand_times() {
    attack!(opens_a_file_a_thousand_times)
        .end()
        .stopped_at(LimitHit::Handles(limits::HANDLES));
}

#[test]
pub fn takes_a_gigabyte_of_randomness() {
    attack!(takes_a_gigabyte_of_randomness)
        .end()
        .trapped("exceeds limit 65536");
}

#[test]
pub fn panics() {
    attack!(panics).end().trapped("all is well");
}

#[test]
pub fn aborts() {
    attack!(aborts).end().trapped("unreachable");
}

#[test]
pub fn exits_as_if_all_were_well() {
    attack!(exits_as_if_all_were_well).end().trapped("status 0");
}

#[test]
pub fn exits_with_a_code_of_its_own() {
    attack!(exits_with_a_code_of_its_own)
        .end()
        .trapped("status 77");
}

/// A process that loads a hostile component and is a test beside; without the bounds it takes a gigabyte and more.
#[cfg(target_os = "linux")]
const MAX_RESIDENT_KIB: u64 = 300 << 10;

/// Whether this was the test in a process of its own, which was small.
fn is_small_alone(test: &str) -> bool {
    #[cfg(target_os = "linux")]
    if let Some(peak) = crate::memory::peak_kib_alone(&format!("no_component::machine::{test}")) {
        println!("{test}: {peak} KiB at most");
        assert!(peak <= MAX_RESIDENT_KIB, "{test} took {peak} KiB");
        return true;
    }
    let _ = test;
    false
}

#[test]
pub fn reads_a_folder_of_thirty_thousand_names() {
    const READ: u64 = 60_000;
    if is_small_alone("reads_a_folder_of_thirty_thousand_names") {
        return;
    }
    let attack = attack!(reads_a_folder_of_thirty_thousand_names);
    let many = attack.env.state().join("many");
    std::fs::create_dir_all(&many).unwrap();
    fill(
        &many,
        (0..30_000).map(|number| format!("{}{number}", "x".repeat(240))),
    );
    attack
        .limits(|limits| {
            limits.listed_entries = READ;
            // It is the entries that end it, however busy the machine is.
            limits.cpu = Duration::from_secs(60);
        })
        .end()
        .stopped_at(LimitHit::Entries(READ));
}

#[test]
pub fn answers_without_end() {
    if is_small_alone("answers_without_end") {
        return;
    }
    let attack = attack!(answers_without_end).in_every_call();
    block_on(async {
        let harness = attack.harness();
        let tasks = harness.tasks(None).await.map(drop);
        let status = harness.status(None, None, Output::discard()).await;
        let answers = [
            (tasks, LimitHit::Values(limits::ANSWER_VALUES)),
            (status.map(drop), LimitHit::Answer(limits::ANSWER_BYTES)),
        ];
        for (answer, limit) in answers {
            match answer {
                Err(CallError::Limit(hit)) => assert_eq!(hit, limit),
                other => panic!("{other:?} instead of {limit}"),
            }
        }
        is_served(&harness.poll(GOOD).await);
    });
}

#[test]
pub fn answers_poll_at_zero_for_ever() {
    const FLOOR_MS: u64 = limits::STEP_FLOOR_MS;
    // The user chose no shorter interval.
    let env = TestEnv::builder()
        .var("LIBTV_POLL_INTERVAL_SECONDS", "8")
        .start();
    let attack = super::Attack {
        env,
        ..attack!(answers_poll_at_zero_for_ever)
    };
    let begin = format!("{}: ", attack.name);
    let is_step = |line: &&String| line.starts_with(&begin) && !line.contains(": noticed");
    let told = attack.on_the_timer_until(&[attack.name, GOOD], |lines| {
        lines.iter().filter(is_step).count() == 4
    });
    let steps: Vec<u64> = told
        .iter()
        .filter(|event| match &event.kind {
            EventKind::StepDone { step, .. } => step.session_id == attack.name,
            _ => false,
        })
        .map(|event| event.at_ms)
        .collect();
    let took_ms = steps.last().unwrap() - steps.first().unwrap();
    // A step ends a little later or sooner than another.
    assert!(took_ms + 500 >= 3 * FLOOR_MS, "{steps:?}");
}
