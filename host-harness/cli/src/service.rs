//! `service print`: what a service manager needs to keep `serve` running. It prints; putting the text into its place is
//! the user's, since that starts something at every log-in.

use contract::channels::{self, CHANNELS};
use std::path::Path;

use clap::ValueEnum;

use super::print;

/// Who keeps it running.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Manager {
    /// A systemd user unit
    Systemd,
    /// A launchd agent of macOS
    Launchd,
}

impl Manager {
    /// What this system has.
    pub(crate) const fn native() -> Self {
        if cfg!(target_vendor = "apple") {
            Self::Launchd
        } else {
            Self::Systemd
        }
    }
}

/// Prints the definition; where it belongs stands in it.
pub(crate) fn print(manager: Manager) -> u8 {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            print::error(&format!(
                "Where this program is can't be found out: {error}"
            ));
            return super::FAILED;
        }
    };
    // A service starts without the shell's variables.
    let home = std::env::var("NEXU_HOME")
        .ok()
        .filter(|home| !home.is_empty());
    let text = match manager {
        Manager::Systemd => systemd(&program, home.as_deref()),
        Manager::Launchd => launchd(&program, home.as_deref()),
    };
    print::out(text.trim_end());
    0
}

/// A unit for the user's own systemd.
fn systemd(program: &Path, home: Option<&str>) -> String {
    let environment = home
        .map(|home| {
            format!(
                "Environment={}\n",
                quoted(&format!("NEXU_HOME={home}"), "%")
            )
        })
        .unwrap_or_default();
    let program = quoted(&program.to_string_lossy(), "%$");
    let chats = channels::listed("and");
    let [channel, ..] = CHANNELS;
    let variables = channel.variables.of_app().map(|name| format!("{name}=…"));
    let variables = variables.collect::<Vec<_>>().join(" and ");
    format!(
        "\
# Into ~/.config/systemd/user/libtv-video.service, then:
#   systemctl --user daemon-reload
#   systemctl --user enable --now libtv-video
#   loginctl enable-linger \"$USER\"          # also while nobody is logged in
#   journalctl --user -u libtv-video -f
[Unit]
Description=Delivers finished LibTV videos and images to {chats}
Documentation=man:libtv-video(1)

[Service]
ExecStart={program} serve
{environment}# {variables}, one a line; chmod 600
EnvironmentFile=-%h/.config/libtv-video.env
Restart=on-failure
RestartSec=5
# Another harness does the work.
RestartPreventExitStatus=3
TimeoutStopSec=10
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"
    )
}

/// systemd.syntax(7): quotes keep blanks together; what has a meaning of its own in that setting is doubled: `%`
/// everywhere, `$` in command lines.
fn quoted(text: &str, doubled: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if doubled.contains(c) => quoted.extend([c, c]),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// An agent for launchd.
fn launchd(program: &Path, home: Option<&str>) -> String {
    let environment = home
        .map(|home| {
            format!(
                "  <key>EnvironmentVariables</key>\n  <dict><key>NEXU_HOME</key><string>{}</string></dict>\n",
                escaped(home)
            )
        })
        .unwrap_or_default();
    let program = escaped(&program.to_string_lossy());
    format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<!-- Into ~/Library/LaunchAgents/libtv-video.plist, then:
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/libtv-video.plist -->
<plist version=\"1.0\"><dict>
  <key>Label</key><string>libtv-video</string>
  <key>ProgramArguments</key>
  <array><string>{program}</string><string>serve</string></array>
{environment}  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>30</integer>
</dict></plist>
"
    )
}

/// As text of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_blanks_and_signs_stay_one_word() {
        let unit = systemd(
            Path::new("/opt/my apps/100%/libtv-video"),
            Some("/data/$x\"y"),
        );
        assert!(
            unit.contains("ExecStart=\"/opt/my apps/100%%/libtv-video\" serve\n"),
            "{unit}"
        );
        assert!(
            unit.contains("Environment=\"NEXU_HOME=/data/$x\\\"y\"\n"),
            "{unit}"
        );
        let plist = launchd(Path::new("/Users/a&b/libtv-video"), Some("/x<y>"));
        assert!(
            plist.contains("<string>/Users/a&amp;b/libtv-video</string><string>serve</string>"),
            "{plist}"
        );
        assert!(plist.contains("<string>/x&lt;y&gt;</string>"), "{plist}");
    }

    #[test]
    fn without_a_home_of_its_own_none_is_set() {
        assert!(!systemd(Path::new("/x"), None).contains("NEXU_HOME"));
        assert!(!launchd(Path::new("/x"), None).contains("NEXU_HOME"));
    }
}
