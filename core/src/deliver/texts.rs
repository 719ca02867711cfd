//! What the chat is told, in the language of the request: the same in Chinese and in English. Not here: which of it is owed
//! (`plan.rs`), what must not be in a message (`contract::text`).

use crate::session::State;
use crate::upstream::CANCELLED;
use crate::upstream::results::ResultUrl;

/// A language that the chat can be told things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// For everything that isn't Chinese, too.
    English,
    /// Simplified.
    Chinese,
}

impl Language {
    /// That of a request. Names and technical terms are Latin in Chinese requests as well, and a Chinese name may stand in an
    /// English one: there is one character of Chinese for a word of English. Addresses are neither.
    #[must_use]
    pub fn of(words: &str) -> Self {
        let (mut chinese, mut latin) = (0, 0);
        for word in words.split_whitespace() {
            if word.contains("://") {
                continue;
            }
            let mut in_latin = false;
            for c in word.chars() {
                if is_kana_or_hangul(c) {
                    return Self::English;
                }
                chinese += usize::from(is_han(c));
                latin += usize::from(c.is_alphabetic() && !is_han(c) && !in_latin);
                in_latin = c.is_alphabetic() && !is_han(c);
            }
        }
        if chinese > latin {
            Self::Chinese
        } else {
            Self::English
        }
    }

    const fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// The service asks something.
    #[must_use]
    pub fn question(self, request: &str, question: &str) -> String {
        match self {
            Self::English => format!(
                "❓ The video service asks about “{request}”:\n{question}\nReply here to go on."
            ),
            Self::Chinese => {
                format!("❓ 关于“{request}”，视频服务想问：\n{question}\n请直接在这里回复。")
            }
        }
    }

    /// Some results are there, and not all.
    #[must_use]
    pub fn incomplete(self, request: &str, reason: &str) -> String {
        match self {
            Self::English => format!("⚠️ “{request}”: not everything could be made: {reason}"),
            Self::Chinese => format!("⚠️ “{request}”：有一部分没能生成：{reason}"),
        }
    }

    /// Nothing came of it.
    #[must_use]
    pub fn failed(self, request: &str, reason: &str) -> String {
        let reason = self.reason(reason);
        match self {
            Self::English => format!("❌ “{request}” failed: {reason}"),
            Self::Chinese => format!("❌ “{request}”失败：{reason}"),
        }
    }

    /// No result within the time.
    #[must_use]
    pub fn timeout(self, request: &str, last_seen: &str) -> String {
        let mut words = match self {
            Self::English => format!(
                "⌛ “{request}” has brought no result in the expected time. If one turns up later, it is sent here."
            ),
            Self::Chinese => {
                format!("⌛ “{request}”在预计时间内没有结果。之后如果有结果，会发到这里。")
            }
        };
        if !last_seen.is_empty() {
            words.push_str(self.pick("\nThe last thing seen: ", "\n最后看到的情况："));
            words.push_str(last_seen);
        }
        words
    }

    /// There are more results than are sent.
    #[must_use]
    pub fn more(self, count: usize) -> String {
        match self {
            Self::English => format!("… and {count} more, on the canvas."),
            Self::Chinese => format!("…… 还有 {count} 个结果，请在画布上查看。"),
        }
    }

    /// Whether a result arrived isn't known. Its link is in front, where no cut reaches it.
    #[must_use]
    pub fn uncertain(self, request: &str, url: &str) -> String {
        match self {
            Self::English => format!(
                "{url}\n⚠️ Whether this result of “{request}” arrived here isn't known: an answer was lost, and it isn't sent again by itself. Above is its link."
            ),
            Self::Chinese => format!(
                "{url}\n⚠️ 不清楚“{request}”的这个结果是否已发到这里：一个回答丢失了，不会自动重发。上面是它的链接。"
            ),
        }
    }

    /// How far a job is.
    #[must_use]
    pub fn progress(self, request: &str, state: State, minutes: u64, results: usize) -> String {
        let (mark, english, chinese) = match state {
            State::Submitted => ("⏳", "taken, and not begun yet", "已提交，尚未开始"),
            State::Generating => ("⏳", "in the making", "生成中"),
            State::AwaitingUser => ("❓", "waits for an answer", "等待回复"),
            State::Completed => ("✅", "finished", "已结束"),
            State::Failed => ("❌", "failed", "失败"),
            State::Timeout => ("⌛", "no result so far", "还没有结果"),
        };
        let state = self.pick(english, chinese);
        let (minutes, results) = (minutes.to_string(), results.to_string());
        let mut words = match self {
            Self::English => [mark, " “", request, "”: ", state, " · ", &minutes, " min"].concat(),
            Self::Chinese => [mark, " “", request, "”：", state, " · ", &minutes, " 分钟"].concat(),
        };
        if results != "0" {
            let unit = match results.as_str() {
                "1" => self.pick(" result", " 个结果"),
                _ => self.pick(" results", " 个结果"),
            };
            words.push_str(&[" · ", &results, unit].concat());
        }
        words
    }

    /// Links in the place of media.
    #[must_use]
    pub fn links(self, urls: &[String], reason: &str) -> String {
        let reason = self.reason(reason);
        let sent = self.pick("Sent as a link: ", "以链接形式发送：");
        [&urls.join("\n"), "\n", sent, &reason].concat()
    }

    /// A result whose link opens nothing any more.
    #[must_use]
    pub const fn dead_link(self) -> &'static str {
        self.pick(
            "⌛ A result was made, but it couldn't be shown while its link was good, and the link is dead by now. Ask for it again.",
            "⌛ 结果已经生成，但没能在链接有效期内发出，现在链接已失效。请重新提交。",
        )
    }

    /// Whether a submit was taken isn't known.
    #[must_use]
    pub fn unknown(self, request: &str) -> String {
        match self {
            Self::English => format!(
                "⚠️ Whether the video service took “{request}” isn't known: its answer was lost. It may have been charged, and it isn't sent again by itself. If nothing arrives here, ask for it once more."
            ),
            Self::Chinese => format!(
                "⚠️ 不清楚视频服务是否接受了“{request}”：它的回答丢失了。可能已经扣费，不会自动重发。如果这里一直没有结果，请再提一次。"
            ),
        }
    }

    /// It was lost on its way to the service, which proved that it has it not.
    #[must_use]
    pub fn not_taken(self, request: &str) -> String {
        match self {
            Self::English => format!(
                "⚠️ “{request}” was lost on its way: the video service didn't take it, and nothing was charged. It isn't sent again by itself; it may be asked for once more."
            ),
            Self::Chinese => format!(
                "⚠️ “{request}”在途中丢失：视频服务没有接受，也没有扣费。不会自动重发，可以再提一次。"
            ),
        }
    }

    /// A reason of our own, which the records keep in English; a platform's stays as it is.
    fn reason(self, reason: &str) -> String {
        if self == Self::English {
            return reason.to_owned();
        }
        if let Some(sized) = too_large_in_chinese(reason) {
            return sized;
        }
        let known = REASONS
            .iter()
            .find_map(|(english, chinese)| Some([chinese, reason.strip_prefix(english)?].concat()));
        known.unwrap_or_else(|| reason.to_owned())
    }
}

/// A text that is refused as too long isn't cut further than this.
const MIN_CHARS: usize = 40;

/// Words, cut at the end of a character.
#[must_use]
pub(super) fn cut(words: &str, max_chars: usize) -> String {
    match words.char_indices().nth(max_chars) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
    }
}

/// Half of a text, but for the links that it begins with; none when there is nothing left to cut.
#[must_use]
pub(super) fn shorter(text: &str) -> Option<String> {
    let links: usize = text
        .split_inclusive('\n')
        .take_while(|line| ResultUrl::parse(line.trim_end()).is_some())
        .map(str::len)
        .sum();
    let (links, words) = text.split_at_checked(links)?;
    let chars = words.chars().count();
    (chars > MIN_CHARS).then(|| format!("{links}{}", cut(words, chars / 2)))
}

/// How the app's missing permission begins, with the page that grants it behind it.
pub const NO_PERMISSION: &str = "the app lacks a permission to upload media. Grant it here: ";
/// How the limit of a chat is told, with its megabytes behind it.
const TAKES: &str = "the chat takes files up to ";
/// In front of it, where the size of the file is known.
const HAS: &str = "it has ";
const MB: &str = " MB";
const MB_AND: &str = " MB, and ";

/// A file over the limit of its chat, both in megabytes; its own size where that is known.
#[must_use]
pub fn too_large(megabytes: Option<u64>, max: u64) -> String {
    match megabytes {
        Some(megabytes) => format!("{HAS}{megabytes}{MB_AND}{TAKES}{max}{MB}"),
        None => format!("{TAKES}{max}{MB}"),
    }
}

/// The same in Chinese, read from how the records keep it.
fn too_large_in_chinese(reason: &str) -> Option<String> {
    let (size, limit) = match reason.strip_prefix(HAS) {
        Some(rest) => rest
            .split_once(MB_AND)
            .map(|(size, limit)| (Some(size), limit))?,
        None => (None, reason),
    };
    let max = limit.strip_prefix(TAKES)?.strip_suffix(MB)?;
    Some(match size {
        Some(size) => format!("文件有 {size} MB，聊天只接收 {max} MB 以内的文件"),
        None => format!("聊天只接收 {max} MB 以内的文件"),
    })
}

/// A chat that takes answers for a while only.
pub const TOO_LATE: &str = "it was ready later than the chat takes answers";

/// Where nothing better is known.
pub const NOT_UPLOADED: &str = "it can't be uploaded";

/// How reasons of our own begin, and how that is said in Chinese.
const REASONS: [(&str, &str); 3] = [
    (CANCELLED, "已取消"),
    (NO_PERMISSION, "应用缺少上传媒体的权限，请管理员在此开通："),
    (NOT_UPLOADED, "无法上传"),
];

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

const fn is_kana_or_hangul(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_answered_in_its_own_language() {
        for (words, language) in [
            ("a red fox runs through snow", Language::English),
            ("一只红狐狸在雪地里奔跑", Language::Chinese),
            ("做一个 TikTok 风格的视频，竖屏9:16", Language::Chinese),
            ("make a video of 狐狸", Language::English),
            (
                "生成视频 https://libtv-res.liblib.art/claw/a/very-long-english-name.png",
                Language::Chinese,
            ),
            ("きつねの動画を作って", Language::English),
            ("여우 영상", Language::English),
            ("ein Fuchs", Language::English),
            ("", Language::English),
            ("🦊", Language::English),
        ] {
            assert_eq!(Language::of(words), language, "{words}");
        }
    }

    #[test]
    fn a_reason_of_ours_is_said_in_chinese_and_a_platforms_stays() {
        let urls = ["https://x.example/a".to_owned()];
        let told = |reason: &str| Language::Chinese.links(&urls, reason);
        assert!(
            told(&too_large(Some(31), 30)).ends_with("文件有 31 MB，聊天只接收 30 MB 以内的文件")
        );
        assert!(told(&too_large(None, 30)).ends_with("30 MB 以内的文件"));
        assert!(told(&format!("{NO_PERMISSION}https://p")).ends_with("在此开通：https://p"));
        let failed = Language::Chinese.failed("狐狸", CANCELLED);
        assert_eq!(failed, "❌ “狐狸”失败：已取消");
        assert!(told("230002 Bot is out").ends_with("以链接形式发送：230002 Bot is out"));
    }
}
