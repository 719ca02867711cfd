//! What a component could do to the machine: processor, memory, time, handles.

use std::time::Duration;

use host_harness::{LimitHit, limits};

use super::attack;

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
