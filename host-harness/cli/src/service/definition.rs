//! What a service manager needs to keep `serve` running, as its own file says it: a systemd unit, a launchd agent, a task of
//! Windows. Not here: where the file belongs, and who is told of it (`manager.rs`).

use std::path::Path;

use contract::channels::{self, CHANNELS};

use super::manager::Manager;

/// What the definition is made for.
pub(super) struct Program<'a> {
    /// The program itself.
    pub(super) path: &'a Path,
    /// `NEXU_HOME`, where it is set: a service starts without the shell's variables.
    pub(super) home: Option<&'a str>,
}

/// The definition; where it belongs stands in it.
pub(super) fn text(manager: Manager, program: &Program) -> String {
    match manager {
        Manager::Systemd => systemd(program.path, program.home),
        Manager::Launchd => launchd(program.path, program.home),
        Manager::Tasks => task(program.path, program.home),
    }
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
Environment=\"LIBTV_STARTED_BY=service\"
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
    let home = home
        .map(|home| format!("<key>NEXU_HOME</key><string>{}</string>", escaped(home)))
        .unwrap_or_default();
    let program = escaped(&program.to_string_lossy());
    format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<!-- Into ~/Library/LaunchAgents/libtv-video.plist, then:
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/libtv-video.plist
     What it complains of: log show, process libtv-video; what becomes of the sessions: $NEXU_HOME/libtv-waiter-*.log -->
<plist version=\"1.0\"><dict>
  <key>Label</key><string>libtv-video</string>
  <key>ProgramArguments</key>
  <array><string>{program}</string><string>serve</string></array>
  <key>EnvironmentVariables</key>
  <dict><key>LIBTV_STARTED_BY</key><string>service</string>{home}</dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>30</integer>
</dict></plist>
"
    )
}

/// A task that begins at log-on, in the form that `schtasks /Create /XML` reads. Without a console window, which `conhost` sees
/// to; a task can't set variables, so a home folder of its own is set by the command's own shell.
fn task(program: &Path, home: Option<&str>) -> String {
    let program = program.to_string_lossy();
    let serve = match home {
        Some(home) => {
            format!(
                "--headless cmd /d /s /c \"set \"NEXU_HOME={home}\"&& set LIBTV_STARTED_BY=service&& \"{program}\" serve\""
            )
        }
        None => format!(
            "--headless cmd /d /s /c \"set LIBTV_STARTED_BY=service&& \"{program}\" serve\""
        ),
    };
    let serve = escaped(&serve);
    format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-16\"?>
<!-- Into a file, then: schtasks /Create /TN libtv-video /XML FILE
     In the file it has to be UTF-16, as PowerShell's > writes it. -->
<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions><Exec>
    <Command>conhost.exe</Command>
    <Arguments>{serve}</Arguments>
  </Exec></Actions>
</Task>
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
        let task = task(Path::new(r"C:\a & b\libtv-video.exe"), Some(r"C:\王 小明"));
        assert!(
            task.contains(r#"&amp;&amp; "C:\a &amp; b\libtv-video.exe" serve""#)
                && task.contains(r#"set "NEXU_HOME=C:\王 小明"&amp;&amp;"#),
            "{task}"
        );
        assert!(plist.contains("<string>/x&lt;y&gt;</string>"), "{plist}");
    }

    #[test]
    fn without_a_home_of_its_own_none_is_set() {
        assert!(!systemd(Path::new("/x"), None).contains("NEXU_HOME"));
        for text in [launchd(Path::new("/x"), None), task(Path::new("/x"), None)] {
            assert!(!text.contains("<key>NEXU_HOME") && !text.contains("NEXU_HOME="));
            assert!(text.contains("LIBTV_STARTED_BY"));
        }
    }
}
