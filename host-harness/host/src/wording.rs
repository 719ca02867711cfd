//! Advice of the component without the words of a command line: who embeds the harness has no `libtv-video recover` to type.
//! What has a typed call of the same name is named by that; what only a command can do is left out. Messages are for the user, and
//! stay as they are. Not here: who asks for it ([`Settings::with_command_line`](crate::Settings::with_command_line)).

use crate::types::{Configuration, Finding, Problem, Submission};

/// The program that sentences name in front of its commands.
const PROGRAM: &str = "libtv-video ";
/// What the timer is called in sentences about it.
const SERVE: &str = "serve";
/// Commands that are typed calls, or the timer.
const CALLS: [&str; 8] = [
    "cancel", "check", "doctor", "poll", "recover", SERVE, "status", "tasks",
];

/// Whose words are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Those of the library: typed calls.
    #[default]
    Library,
    /// Those of the command line.
    CommandLine,
}

impl Wording {
    /// An error of the component.
    pub(crate) fn problem(self, problem: Problem) -> Problem {
        Problem {
            advice: self.advice(problem.advice),
            ..problem
        }
    }

    /// What a submit became.
    pub(crate) fn submission(self, submission: Submission) -> Submission {
        Submission {
            operator_note: self.advice(submission.operator_note),
            ..submission
        }
    }

    /// What is configured.
    pub(crate) fn configuration(self, configuration: Configuration) -> Configuration {
        let problem = configuration.problem.map(|problem| self.problem(problem));
        Configuration {
            problem,
            ..configuration
        }
    }

    /// What `doctor` found.
    pub(crate) fn findings(self, findings: Vec<Finding>) -> Vec<Finding> {
        let reworded = |finding: Finding| Finding {
            advice: self.advice(finding.advice),
            ..finding
        };
        findings.into_iter().map(reworded).collect()
    }

    fn advice(self, text: Option<String>) -> Option<String> {
        match self {
            Self::CommandLine => text,
            Self::Library => text
                .map(|text| without_commands(&text))
                .filter(|text| !text.is_empty()),
        }
    }
}

/// The sentences of a text that name no command line, commands that are typed calls under their names.
fn without_commands(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let kept: Vec<String> = sentences(line).filter_map(reworded).collect();
        kept.join(" ")
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// The sentences of a line, each with its full stop.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    line.split_inclusive(". ").map(str::trim)
}

/// A sentence without the program's name; none where it names an option, or a command that is no call.
fn reworded(sentence: &str) -> Option<String> {
    let is_option = |word: &str| {
        word.trim_start_matches(['(', '`', '\'', '"'])
            .starts_with("--")
    };
    // A call has no options: the sentence would have to be written anew, and says nothing without them.
    if sentence.split(' ').any(is_option) {
        return None;
    }
    let mut pieces = sentence.split(PROGRAM);
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let ends = |c: char| !(c.is_ascii_lowercase() || c == '-');
        let command = piece.split(ends).next().unwrap_or_default();
        // Half a sentence of advice would be worse than none.
        if !CALLS.contains(&command) {
            return None;
        }
        whole.push_str(piece);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_are_calls_are_named_by_them_and_others_are_left_out() {
        for (said, kept) in [
            (
                "Find out with: libtv-video tasks, or libtv-video recover",
                "Find out with: tasks, or recover",
            ),
            (
                "Check the key with: libtv-video check. Replace it with: libtv-video update-key --api-key K",
                "Check the key with: check.",
            ),
            (
                "Several services are configured: nexu, ark. Choose with --service or setup.",
                "Several services are configured: nexu, ark.",
            ),
            (
                "No harness is polling. Start one with: libtv-video serve (it takes this job up)",
                "No harness is polling. Start one with: serve (it takes this job up)",
            ),
            (
                "Ask the bot's owner. Or wait.",
                "Ask the bot's owner. Or wait.",
            ),
            ("libtv-video setup --service ark --api-key -", ""),
            (
                "First.\n(--channel and --chat-id)\nThird.",
                "First.\nThird.",
            ),
        ] {
            assert_eq!(without_commands(said), kept);
        }
    }

    #[test]
    fn only_the_command_line_keeps_its_words() {
        let said = Some("Run libtv-video setup --api-key -".to_owned());
        assert_eq!(Wording::Library.advice(said.clone()), None);
        assert_eq!(Wording::CommandLine.advice(said.clone()), said);
    }
}
