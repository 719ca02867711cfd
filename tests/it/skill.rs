//! `skill`, `service`, `completions`, `man`: what the program puts on a machine, or prints for it.

use std::collections::BTreeSet;
use std::fs;

use crate::env::TestEnv;

const MANIFEST: &str = ".installed-by-libtv-video.json";

fn names(folder: &std::path::Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_skill_goes_where_the_agent_looks_with_the_component() {
    let env = TestEnv::new();
    let user = env.folder().join("user");
    for (agent, place) in [
        ("openclaw", ".openclaw/skills"),
        ("claude", ".claude/skills"),
        ("codex", ".agents/skills"),
    ] {
        env.run(["skill", "install", "--for", agent])
            .ok()
            .says("✅ Skill installed: ");
        let folder = user.join(place).join("libtv-video");
        assert_eq!(
            names(&folder),
            BTreeSet::from(
                ["SKILL.md", "libtv-video.wasm", "references", MANIFEST].map(str::to_owned)
            )
        );
        let skill = fs::read_to_string(folder.join("SKILL.md")).unwrap();
        assert!(skill.starts_with("---\nname: libtv-video\n"), "{skill}");
        assert!(
            fs::read(folder.join("libtv-video.wasm"))
                .unwrap()
                .starts_with(b"\0asm")
        );
    }
}

#[test]
fn without_a_name_every_agent_of_this_user_gets_it() {
    let env = TestEnv::new();
    let user = env.folder().join("user");
    env.run(["skill", "install"])
        .exits(1)
        .says("❌ No agent was found")
        .says("--for claude");
    fs::create_dir(user.join(".claude")).unwrap();
    fs::create_dir(user.join(".codex")).unwrap();
    env.run(["skill", "install"]).ok();
    assert!(user.join(".claude/skills/libtv-video/SKILL.md").exists());
    assert!(user.join(".agents/skills/libtv-video/SKILL.md").exists());
    assert!(!user.join(".openclaw").exists());
    env.run(["skill", "uninstall"]).ok();
    assert!(!user.join(".claude/skills/libtv-video").exists());
}

#[test]
fn an_older_copy_is_replaced_whole() {
    let env = TestEnv::new();
    let skills = env.folder().join("skills");
    fs::create_dir(&skills).unwrap();
    env.run(["skill", "install", "--for", "./skills"]).ok();
    let folder = skills.join("libtv-video");
    fs::write(folder.join("SKILL.md"), "old words").unwrap();
    fs::write(folder.join("of-an-older-version.md"), "old").unwrap();
    let manifest = fs::read_to_string(folder.join(MANIFEST)).unwrap();
    fs::write(
        folder.join(MANIFEST),
        manifest.replace(env!("CARGO_PKG_VERSION"), "0.0.9"),
    )
    .unwrap();
    env.run(["skill", "install", "--for", "./skills"])
        .ok()
        .says("in place of version 0.0.9");
    assert_ne!(
        fs::read_to_string(folder.join("SKILL.md")).unwrap(),
        "old words"
    );
    assert!(!folder.join("of-an-older-version.md").exists());
    assert_eq!(names(&skills), BTreeSet::from(["libtv-video".to_owned()]));
}

#[test]
fn a_copy_that_the_user_placed_is_left_alone() {
    let env = TestEnv::new();
    let theirs = env.folder().join("skills/libtv-video");
    fs::create_dir_all(&theirs).unwrap();
    fs::write(theirs.join("SKILL.md"), "the user's own").unwrap();
    let elsewhere = env.folder().join("elsewhere/libtv-video");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("SKILL.md"), "another").unwrap();
    env.run(["skill", "install", "--for", "./skills"])
        .exits(1)
        .says("was not installed by this program");
    env.run(["skill", "uninstall", "--for", "./skills"])
        .ok()
        .says("ℹ️ No skill was installed there");
    env.run(["skill", "list", "--for", "./skills"])
        .ok()
        .says("not installed by this program");
    assert_eq!(
        fs::read_to_string(theirs.join("SKILL.md")).unwrap(),
        "the user's own"
    );
    assert_eq!(
        fs::read_to_string(elsewhere.join("SKILL.md")).unwrap(),
        "another"
    );
}

#[test]
fn uninstalling_takes_away_what_was_installed_and_nothing_else() {
    let env = TestEnv::new();
    let skills = env.folder().join("skills");
    fs::create_dir_all(skills.join("another-skill")).unwrap();
    env.run(["skill", "install", "--for", "./skills"]).ok();
    fs::write(skills.join("libtv-video/notes.md"), "mine").unwrap();
    env.run(["skill", "uninstall", "--for", "./skills"])
        .ok()
        .says("left alone: notes.md");
    assert_eq!(
        names(&skills.join("libtv-video")),
        BTreeSet::from(["notes.md".to_owned()])
    );
    assert!(skills.join("another-skill").exists());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_is_not_followed() {
    let env = TestEnv::new();
    let (skills, outside) = (env.folder().join("skills"), env.folder().join("outside"));
    fs::create_dir(&skills).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("SKILL.md"), "outside").unwrap();
    std::os::unix::fs::symlink(&outside, skills.join("libtv-video")).unwrap();
    env.run(["skill", "install", "--for", "./skills"]).exits(1);
    env.run(["skill", "uninstall", "--for", "./skills"]).ok();
    assert_eq!(names(&outside), BTreeSet::from(["SKILL.md".to_owned()]));
}

#[test]
fn a_service_starts_this_program_with_this_home() {
    let env = TestEnv::new();
    let unit = env.run(["service", "print", "systemd"]).ok();
    let home = env.home();
    unit.says("libtv-video-under-test\" serve")
        .says(&format!("Environment=\"NEXU_HOME={}\"", home.display()))
        .says("RestartPreventExitStatus=3");
    env.run(["service", "print", "launchd"])
        .ok()
        .says("<string>serve</string>")
        .says(&format!(
            "<key>NEXU_HOME</key><string>{}</string>",
            home.display()
        ));
}

/// The component's options are named in its own help; the shell has to know the same.
#[test]
fn completions_and_manual_know_every_command_and_option() {
    let env = TestEnv::new();
    let help = env.run(["--help"]).ok().stdout;
    let pages = env.folder().join("man");
    env.run(["man", "--dir", pages.to_str().unwrap()]).ok();
    let script = env.run(["completions", "bash"]).ok().stdout;
    for page in names(&pages) {
        let Some(command) = page
            .strip_prefix("libtv-video-")
            .and_then(|name| name.strip_suffix(".1"))
        else {
            assert_eq!(page, "libtv-video.1");
            continue;
        };
        let (command, sub) = ["skill", "service"]
            .iter()
            .find_map(|outer| Some((*outer, command.strip_prefix(outer)?.strip_prefix('-')?)))
            .map_or((command, None), |(outer, inner)| (outer, Some(inner)));
        assert!(help.contains(command), "--help doesn't name {command}");
        assert!(script.contains(command), "no completion of {command}");
        let taught: Vec<&str> = [command].into_iter().chain(sub).chain(["--help"]).collect();
        let own = options(&env.run(taught).ok().stdout);
        let manual = fs::read_to_string(pages.join(&page)).unwrap();
        // Changes of the font, and dashes that are escaped.
        let manual = ["\\fB", "\\fI", "\\fR"]
            .iter()
            .fold(manual, |text, mark| text.replace(mark, " "));
        let manual = options(&manual.replace("\\-", "-"));
        assert_eq!(own, manual, "{page}");
    }
}

fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
    let options =
        words.filter(|word| word.len() > 3 && word.starts_with("--") && word.as_bytes()[2] != b'-');
    // Every command has these two.
    options
        .filter(|word| !["--help", "--version", "--json"].contains(word))
        .map(str::to_owned)
        .collect()
}
