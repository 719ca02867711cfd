use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::journal::Journal;
use super::*;

struct Kept {
    _folder: tempfile::TempDir,
    log: AuditLog,
}

/// A record with small files, and so many lines.
fn record(lines: u64, file_bytes: u64, files: usize) -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal {
        folder: folder.path().join("audit"),
        file_bytes,
        files,
        turn: std::sync::Arc::default(),
    };
    let kept = Kept {
        log: AuditLog {
            journal,
            idle: begun::Idle::default(),
        },
        _folder: folder,
    };
    (1..=lines).for_each(|number| kept.append(number));
    kept
}

impl Kept {
    fn append(&self, number: u64) {
        let members = json!({"call": "poll", "number": number});
        self.log.append(members.as_object().unwrap()).unwrap();
    }

    fn file(&self, number: u32) -> PathBuf {
        self.log.journal.file(number)
    }

    fn lines(&self, number: u32) -> Vec<String> {
        let text = fs::read_to_string(self.file(number)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn put(&self, number: u32, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.file(number), text).unwrap();
    }

    fn whole(&self) -> Verified {
        self.log.verify().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The line of the first file where it breaks, and how.
    fn broken(&self) -> (usize, Broken) {
        match self.log.verify() {
            Err(VerifyError::Broken { at, what }) => (at.line, what),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_record_that_nobody_touched_is_whole_over_all_its_files() {
    let kept = record(40, 2_000, 100);
    assert!(kept.log.journal.numbers().unwrap().len() > 3);
    let found = kept.whole();
    assert_eq!((found.lines, found.first_n), (40, 1));
    let mut numbers = Vec::new();
    kept.log
        .read(|_, line| numbers.push(line["number"].as_u64().unwrap()))
        .unwrap();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
}

#[test]
fn no_record_at_all_is_whole() {
    assert_eq!(record(0, 1_000, 2).whole(), Verified::default());
}

#[test]
fn a_changed_removed_moved_repeated_or_inserted_line_is_found_in_its_place() {
    type Change = fn(&mut Vec<String>);
    let cases: [(Change, usize, Broken); 7] = [
        (|l| l[4] = l[4].replace("poll", "pool"), 5, Broken::Changed),
        (|l| drop(l.remove(4)), 5, Broken::Missing(5, 5)),
        (|l| drop(l.remove(0)), 1, Broken::Beginning(2)),
        (|l| l.swap(4, 5), 5, Broken::Missing(5, 5)),
        (|l| l.insert(5, l[4].clone()), 6, Broken::Misplaced(5)),
        (|l| l.insert(5, l[2].clone()), 6, Broken::Misplaced(3)),
        (|l| l.insert(5, "{}".to_owned()), 6, Broken::Changed),
    ];
    for (change, line, expected) in cases {
        let kept = record(10, 1 << 20, 2);
        let mut lines = kept.lines(1);
        change(&mut lines);
        kept.put(1, &lines);
        assert_eq!(kept.broken(), (line, expected));
    }
}

#[test]
fn a_line_made_for_another_chain_is_found() {
    let (kept, other) = (record(5, 1 << 20, 2), record(0, 1 << 20, 2));
    (11..=15).for_each(|number| other.append(number));
    let mut lines = kept.lines(1);
    lines[3].clone_from(&other.lines(1)[3]);
    kept.put(1, &lines);
    assert_eq!(kept.broken(), (4, Broken::Replaced));
}

#[test]
fn lines_cut_off_at_the_end_are_missed_by_the_head_also_after_later_calls() {
    let kept = record(10, 1 << 20, 2);
    kept.put(1, &kept.lines(1)[..7]);
    assert_eq!(kept.broken(), (7, Broken::End(8, 10)));
    kept.append(11);
    assert_eq!(kept.broken(), (8, Broken::Missing(8, 10)));
}

#[test]
fn an_end_that_was_written_anew_does_not_fit_the_head() {
    let (kept, other) = (record(5, 1 << 20, 2), record(4, 1 << 20, 2));
    other.append(99);
    fs::copy(other.file(1), kept.file(1)).unwrap();
    assert_eq!(kept.broken(), (5, Broken::OtherHead));
}

#[test]
fn without_its_head_a_record_is_not_called_whole_and_the_next_call_makes_one() {
    let kept = record(5, 1 << 20, 2);
    fs::remove_file(kept.log.folder().join("head")).unwrap();
    assert_eq!(kept.broken(), (5, Broken::NoHead));
    kept.append(6);
    assert_eq!(kept.whole().lines, 6);
}

#[test]
fn a_line_torn_by_a_crash_is_closed_by_the_next_call_and_told_apart_from_tampering() {
    let whole = record(5, 1 << 20, 2);
    let last = format!("{}\n", whole.lines(1)[4]);
    let before = fs::read(whole.file(1)).unwrap().len() - last.len();
    for cut in 0..=last.len() {
        let kept = record(4, 1 << 20, 2);
        assert_eq!(kept.lines(1), whole.lines(1)[..4]);
        // The process died before it could write the head.
        let mut text = fs::read(whole.file(1)).unwrap();
        text.truncate(before + cut);
        fs::write(kept.file(1), text).unwrap();
        let found = kept.whole();
        let torn = usize::from(cut > 0 && cut < last.len());
        assert_eq!((found.torn.len(), found.open_end), (torn, torn > 0));
        kept.append(6);
        let found = kept.whole();
        // Where nothing but the line feed was missing, nothing was lost.
        let torn = torn - usize::from(cut == last.len() - 1);
        assert_eq!((found.torn.len(), found.open_end), (torn, false), "{cut}");
        kept.append(7);
        kept.whole();
    }
}

#[test]
fn a_torn_line_that_was_touched_after_it_was_closed_is_tampering() {
    let kept = record(4, 1 << 20, 2);
    let mut text = fs::read(kept.file(1)).unwrap();
    text.extend_from_slice(b"{\"n\":5,\"prev\"");
    fs::write(kept.file(1), text).unwrap();
    kept.append(6);
    assert_eq!(kept.whole().torn.len(), 1);
    let mut lines = kept.lines(1);
    lines[4].push('x');
    kept.put(1, &lines);
    assert_eq!(kept.broken(), (5, Broken::Changed));
}

#[test]
fn old_files_are_pruned_and_the_rest_can_be_verified_but_not_shortened_further() {
    let kept = record(100, 2_000, 3);
    let numbers = kept.log.journal.numbers().unwrap();
    assert_eq!(numbers.len(), 3);
    let found = kept.whole();
    assert!(found.first_n > 1 && found.lines < 100, "{found:?}");
    fs::remove_file(kept.file(numbers[0])).unwrap();
    assert!(matches!(kept.broken(), (1, Broken::Beginning(_))));
}

#[test]
fn a_file_missing_in_the_middle_is_found() {
    let kept = record(60, 2_000, 10);
    fs::remove_file(kept.file(2)).unwrap();
    assert!(matches!(kept.broken(), (1, Broken::Missing(..))));
}

#[test]
fn many_writers_at_once_make_one_chain() {
    let kept = record(0, 4_000, 1_000);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let kept = &kept;
            scope.spawn(move || (0..25).for_each(|line| kept.append(writer * 100 + line)));
        }
    });
    assert_eq!(kept.whole().lines, 200);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_record() {
    use std::os::unix::fs::PermissionsExt;
    let kept = record(1, 1_000, 2);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(kept.log.folder().to_owned()), 0o700);
    for name in ["head", "lock", "audit-000001.jsonl"] {
        assert_eq!(mode(kept.log.folder().join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_record_that_was_removed_is_missed_also_when_a_later_call_began_another() {
    let kept = record(5, 1 << 20, 2);
    fs::remove_dir_all(kept.log.folder()).unwrap();
    assert_eq!(kept.broken(), (1, Broken::Gone(5)));
    kept.append(6);
    assert_eq!(kept.broken(), (1, Broken::Beginning(6)));
    kept.append(7);
    assert_eq!(kept.broken(), (1, Broken::Beginning(6)));
}

#[test]
fn lines_that_were_cut_off_together_with_the_head_are_missed_by_the_end_outside() {
    let cut = || {
        let kept = record(10, 1 << 20, 2);
        kept.put(1, &kept.lines(1)[..7]);
        fs::remove_file(kept.log.folder().join("head")).unwrap();
        kept
    };
    assert_eq!(cut().broken(), (7, Broken::End(8, 10)));
    let kept = cut();
    kept.append(11);
    assert_eq!(kept.broken(), (8, Broken::Missing(8, 10)));
}

#[test]
fn another_record_of_the_same_length_in_its_place_is_found_also_after_later_calls() {
    let (kept, other) = (record(5, 1 << 20, 2), record(4, 1 << 20, 2));
    other.append(99);
    for name in ["head", "audit-000001.jsonl"] {
        fs::copy(other.log.folder().join(name), kept.log.folder().join(name)).unwrap();
    }
    assert_eq!(kept.broken(), (5, Broken::OtherEnd));
    kept.append(6);
    assert_eq!(kept.broken(), (6, Broken::Replaced));
}

#[test]
fn without_the_end_outside_a_record_is_judged_by_itself_and_the_next_call_makes_one() {
    let kept = record(5, 1 << 20, 2);
    let end = kept.log.folder().with_extension("end");
    for broken in ["", "{}", "no JSON"] {
        fs::write(&end, broken).unwrap();
        assert_eq!(kept.whole().lines, 5);
    }
    fs::remove_file(&end).unwrap();
    kept.append(6);
    assert_eq!(kept.whole().lines, 6);
    fs::remove_dir_all(kept.log.folder()).unwrap();
    assert_eq!(kept.broken(), (1, Broken::Gone(6)));
}

/// Three days of which the last one fills the record many times over.
fn flooded() -> Kept {
    let kept = record(0, 40_000, 3);
    for (day, lines) in [(1, 50), (2, 60), (3, 2_000)] {
        for number in 0..lines {
            let at = format!("2026-03-{day:02}T00:00:00.000Z");
            let members = json!({"at": at, "call": "poll", "number": number});
            kept.log.append(members.as_object().unwrap()).unwrap();
        }
    }
    kept
}

#[test]
fn a_day_that_fills_the_record_leaves_the_first_and_last_lines_of_those_before_and_its_own_first_ones()
 {
    let kept = flooded();
    let found = kept.whole();
    assert!(found.first_n > 1_000 && found.kept >= 100, "{found:?}");
    let mut days: [Vec<u64>; 3] = [const { Vec::new() }; 3];
    let mut numbers = Vec::new();
    kept.log
        .read(|_, line| {
            numbers.push(line["n"].as_u64().unwrap());
            if let Some(at) = line["at"].as_str() {
                let day: usize = at[8..10].parse().unwrap();
                days[day - 1].push(line["number"].as_u64().unwrap());
            }
        })
        .unwrap();
    assert!(numbers.is_sorted_by(|one, other| one < other));
    assert_eq!(days[0], (0..20).chain(30..50).collect::<Vec<_>>());
    assert_eq!(days[1], (0..20).chain(40..60).collect::<Vec<_>>());
    assert_eq!(days[2][..20], (0..20).collect::<Vec<_>>());
    assert_eq!(days[2].last(), Some(&1_999));
}

#[test]
fn lines_that_were_kept_and_then_changed_or_removed_are_found() {
    let path = |kept: &Kept| kept.log.folder().join("kept.jsonl");
    type Change = fn(&mut Vec<String>);
    let changes: [Change; 5] = [
        |l| l[4] = l[4].replace("poll", "pool"),
        |l| l.swap(4, 5),
        |l| l.insert(5, l[4].clone()),
        |l| drop(l.pop()),
        Vec::clear,
    ];
    for change in changes {
        let kept = flooded();
        let text = fs::read_to_string(path(&kept)).unwrap();
        let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
        change(&mut lines);
        fs::write(path(&kept), lines.concat()).unwrap();
        assert_eq!(kept.broken().1, Broken::Kept);
    }
    let kept = flooded();
    fs::remove_file(path(&kept)).unwrap();
    assert_eq!(kept.broken(), (1, Broken::Kept));
}

#[test]
fn a_process_that_died_while_it_pruned_leaves_a_record_that_is_whole() {
    let kept = flooded();
    let journal = &kept.log.journal;
    let numbers = journal.numbers().unwrap();
    // It had kept lines of the oldest file, and said and removed nothing yet.
    kept::keep(kept.log.folder(), &[journal.file(numbers[0])], 40_000).unwrap();
    kept.whole();
    (0..500).for_each(|number| kept.append(number));
    kept.whole();
}

impl Kept {
    /// The record as another process opens it.
    fn reopened(&self) -> AuditLog {
        AuditLog::at(self.log.folder())
    }

    fn notes(&self) -> usize {
        let folder = self.log.folder().join("begun");
        fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

fn begins(log: &AuditLog, call: &str) -> Begun {
    let line = json!({"at": call, "call": call});
    log.note(line.as_object().unwrap()).unwrap()
}

/// Which calls have no end, and how they stand.
fn open(log: &AuditLog) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let open = log.without_end().unwrap();
    let shown = open
        .iter()
        .map(|line| (text(line, "call"), text(line, "outcome")));
    shown.collect()
}

#[test]
fn one_note_does_for_calls_that_come_one_after_the_other() {
    let kept = record(0, FILE_BYTES, FILES);
    for call in ["a call with a long name", "short", "poll"] {
        let begun = begins(&kept.log, call);
        let under_way = (call.to_owned(), UNDER_WAY.to_owned());
        assert_eq!(open(&kept.reopened()), [under_way]);
        begun.end().unwrap();
        assert_eq!((open(&kept.reopened()).len(), kept.notes()), (0, 1));
    }
    let both = [begins(&kept.log, "a"), begins(&kept.log, "b")];
    assert_eq!((open(&kept.reopened()).len(), kept.notes()), (2, 2));
    both.into_iter().for_each(|begun| begun.end().unwrap());
    assert_eq!((open(&kept.reopened()).len(), kept.notes()), (0, 2));
}

#[test]
fn a_lost_calls_line_is_written_once_and_notes_that_are_left_over_go_but_for_one() {
    let kept = record(0, FILE_BYTES, FILES);
    let ended: Vec<Begun> = ["a", "b", "c"].map(|call| begins(&kept.log, call)).into();
    let lost = begins(&kept.log, "lost");
    ended.into_iter().for_each(|begun| begun.end().unwrap());
    // As when the process dies: every lock is let go.
    let Kept { _folder, log } = kept;
    let folder = log.folder().to_owned();
    drop((lost, log));
    let kept = Kept {
        _folder,
        log: AuditLog::at(folder),
    };
    assert_eq!(open(&kept.log), [("lost".to_owned(), NO_END.to_owned())]);
    assert_eq!(kept.notes(), 4);
    for _ in 0..2 {
        kept.log.take_up_lost().unwrap();
        assert_eq!((open(&kept.log).len(), kept.notes()), (0, 1));
        assert_eq!((kept.whole().lines, kept.whole().without_end), (1, 1));
    }
    // Whoever took them up has the one that is left; nobody else removes it.
    kept.reopened().take_up_lost().unwrap();
    let _begun = begins(&kept.log, "next");
    assert_eq!((open(&kept.reopened()).len(), kept.notes()), (1, 1));
}

#[test]
fn a_note_that_somebody_removed_is_made_anew() {
    let kept = record(0, FILE_BYTES, FILES);
    begins(&kept.log, "before").end().unwrap();
    for note in fs::read_dir(kept.log.folder().join("begun")).unwrap() {
        fs::remove_file(note.unwrap().path()).unwrap();
    }
    // On Windows a folder stays as long as a file that was in it is open.
    if cfg!(not(windows)) {
        fs::remove_dir_all(kept.log.folder()).unwrap();
    }
    let _begun = begins(&kept.log, "after");
    assert_eq!(open(&kept.reopened())[0].0, "after");
}
