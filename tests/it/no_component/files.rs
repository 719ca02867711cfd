//! What a component could reach beside its folder: the key one folder above, the environment.

use contract::settings::VARIABLES;
use host_harness::{AuditLog, CallError, LimitHit, WantedResults, limits};

use super::{Attack, End, attack, output::command};
use crate::env::block_on;

/// It was told `error`, and the file with the key is as it was and has no second name.
#[track_caller]
fn kept_out(attack: Attack, error: &str) -> End {
    let config = attack.env.config_path();
    let before = std::fs::read(&config).unwrap();
    let end = attack.end().told(error);
    assert_eq!(std::fs::read(&config).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(std::fs::metadata(&config).unwrap().nlink(), 1);
    }
    end
}

#[test]
pub fn reads_above_its_folder() {
    kept_out(attack!(reads_above_its_folder), "not-permitted");
}

#[test]
pub fn reads_an_absolute_path() {
    kept_out(attack!(reads_an_absolute_path), "not-permitted");
}

#[test]
pub fn reaches_out_with_a_trailing_slash() {
    kept_out(attack!(reaches_out_with_a_trailing_slash), "not-permitted");
}

#[test]
pub fn reads_through_a_link_it_made() {
    kept_out(attack!(reads_through_a_link_it_made), "not-permitted");
}

#[cfg(unix)]
#[test]
pub fn reads_through_a_link_it_found() {
    let attack = attack!(reads_through_a_link_it_found);
    let state = attack.env.state();
    std::fs::create_dir_all(&state).unwrap();
    std::os::unix::fs::symlink("../libtv.json", state.join("left-here")).unwrap();
    kept_out(attack, "not-permitted");
}

#[test]
pub fn links_the_key_into_its_folder() {
    kept_out(attack!(links_the_key_into_its_folder), "not-permitted");
}

#[test]
pub fn moves_the_key_into_its_folder() {
    kept_out(attack!(moves_the_key_into_its_folder), "not-permitted");
}

#[test]
pub fn replaces_the_configuration() {
    kept_out(attack!(replaces_the_configuration), "not-permitted");
}

#[test]
pub fn lists_the_environment() {
    let end = attack!(lists_the_environment).end();
    let variables = end.got();
    assert!(!variables.is_empty());
    for variable in variables {
        let (name, value) = variable.split_once('=').unwrap();
        // docs/configuration.md has them all, which a test of the documents holds it to.
        let is_known = VARIABLES.iter().any(|variable| variable.name == name);
        assert!(is_known, "{name} is not in the contract");
        for secret in [fakes::GATEWAY_KEY, fakes::FEISHU_APP_SECRET] {
            assert!(!value.contains(secret), "{name} holds a secret");
        }
    }
}

#[test]
pub fn lists_the_arguments() {
    assert_eq!(attack!(lists_the_arguments).end().got(), ["/state"]);
}

#[test]
pub fn rewrites_the_record() {
    let end = kept_out(attack!(rewrites_the_record), "not-permitted");
    let log = AuditLog::at(end.env.home().join("libtv-audit"));
    assert_eq!(log.verify().unwrap().lines, 2);
}

/// What lies in a folder, by name.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
pub fn leaves_traps_among_downloads() {
    let attack = attack!(leaves_traps_among_downloads).in_every_call();
    let out = attack.env.folder().join("documents/out");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("taken.png"), "mine").unwrap();
    let dir = out.to_str().unwrap();
    let (end, said) = command(&attack, &["download-results", "x", "--output-dir", dir]);
    assert_eq!(end.unwrap().exit_code, 1);
    let reply: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(reply["output_dir"], dir);
    assert_eq!(
        reply["downloaded"],
        serde_json::json!([format!("{dir}/01.png")])
    );
    assert_eq!(reply["errors"].as_array().unwrap().len(), 20, "{reply}");
    assert_eq!(names(&out), ["01.png", "taken.png"]);
    // The typed call moves no more than the command does.
    std::fs::remove_file(out.join("01.png")).unwrap();
    let results = WantedResults::Session("x".to_owned());
    let harness = attack.harness();
    let typed = block_on(harness.download(results, Some(&out), None)).unwrap();
    assert_eq!(typed.files, [format!("{dir}/01.png")]);
    assert_eq!(typed.missed.len(), 20, "{typed:?}");
    assert_eq!(names(&out), ["01.png", "taken.png"]);
    assert_eq!(names(out.parent().unwrap()), ["out"]);
    assert_eq!(
        std::fs::read_to_string(out.join("taken.png")).unwrap(),
        "mine"
    );
    let meta = std::fs::symlink_metadata(out.join("01.png")).unwrap();
    assert!(meta.is_file());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
pub fn looks_around_among_downloads() {
    let attack = attack!(looks_around_among_downloads).in_every_call();
    let documents = attack.env.folder().join("documents");
    let out = documents.join("out");
    std::fs::create_dir_all(&out).unwrap();
    for folder in [&documents, &out] {
        std::fs::write(folder.join("tax.txt"), "my taxes").unwrap();
        std::fs::write(folder.join("openclaw.json"), "my app secret").unwrap();
    }
    let dir = out.to_str().unwrap();
    let (end, said) = command(&attack, &["download-results", "x", "--output-dir", dir]);
    assert_eq!(end.unwrap().exit_code, 0);
    let seen: Vec<&str> = said.lines().collect();
    let arguments = ["download-results", "x", "--output-dir", "/downloads"];
    assert_eq!(
        seen,
        [&["/state", "/downloads"][..], &arguments[..]].concat()
    );
    assert_eq!(names(&out), ["openclaw.json", "tax.txt"]);
}

#[test]
fn no_component_is_handed_the_key_or_the_environment_as_a_file_to_upload() {
    let attack = Attack::of("reads_standard_input").in_every_call();
    let folder = attack.env.folder().to_owned();
    std::fs::write(folder.join("id_rsa"), "-----BEGIN OPENSSH PRIVATE KEY-----").unwrap();
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    std::fs::write(attack.env.home().join("libtv-state-size.png"), picture).unwrap();
    let key = attack.env.config_path();
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only there a link is added"))]
    let mut ways = vec![
        key.clone(),
        folder.join("id_rsa"),
        attack.env.home().join("libtv-state-size.png"),
        "/proc/self/environ".into(),
        "/proc/self/cmdline".into(),
        "/dev/zero".into(),
    ];
    #[cfg(unix)]
    for (at, to) in [
        &key,
        &folder.join("id_rsa"),
        std::path::Path::new("/proc/self/environ"),
    ]
    .into_iter()
    .enumerate()
    {
        let link = folder.join(format!("result_{at:02}.png"));
        std::os::unix::fs::symlink(to, &link).unwrap();
        ways.push(link);
    }
    for way in ways {
        let way = way.to_str().unwrap();
        let (end, said) = command(&attack, &["upload", "--file", way]);
        // Refused before it runs, or run without a file.
        match end {
            Err(CallError::Refused(_)) => assert_eq!(said, "", "{way}"),
            Ok(_) => assert_eq!(said, "refused: closed\n", "{way}"),
            Err(error) => panic!("{way}: {error}"),
        }
        match block_on(attack.harness().upload(way.as_ref(), None)) {
            Err(CallError::Refused(_)) => {}
            Err(CallError::Problem(problem)) => assert_eq!(problem.message, "closed", "{way}"),
            other => panic!("{way}: {other:?}"),
        }
    }
    let media = attack
        .env
        .home()
        .join("runtime/openclaw/state/media/inbound");
    std::fs::create_dir_all(&media).unwrap();
    std::fs::write(media.join("cat.png"), picture).unwrap();
    let cat = media.join("cat.png");
    let (end, said) = command(&attack, &["upload", "--file", cat.to_str().unwrap()]);
    assert_eq!((end.unwrap().exit_code, said.as_str()), (0, "16 bytes\n"));
    // It has the bytes, and its answer isn't believed as an address.
    let answer = block_on(attack.harness().upload(&cat, None));
    assert!(matches!(answer, Err(CallError::Trap(_))), "{answer:?}");
}

/// It was stopped before the folder held more than this.
#[track_caller]
fn kept_small(attack: Attack, limit: LimitHit, most_bytes: u64, most_files: usize) {
    let end = attack
        .limits(|limits| {
            limits.written_bytes = 8 << 20;
            limits.created_files = 100;
        })
        .end()
        .stopped_at(limit);
    let files = crate::env::files_below(&end.env.state());
    let bytes: u64 = files
        .iter()
        .map(|file| std::fs::metadata(file).unwrap().len())
        .sum();
    // The honest session beside it stores a little as well.
    assert!(bytes <= most_bytes + (64 << 10), "{bytes} bytes");
    assert!(files.len() <= most_files + 10, "{} files", files.len());
}

#[test]
pub fn writes_without_end() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(writes_without_end), hit, 8 << 20, 1);
}

#[test]
pub fn makes_files_without_end() {
    kept_small(
        attack!(makes_files_without_end),
        LimitHit::Created(100),
        0,
        100,
    );
}

#[test]
pub fn writes_far_behind_the_end() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(writes_far_behind_the_end), hit, 0, 1);
}

#[test]
pub fn stretches_a_file() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(stretches_a_file), hit, 0, 1);
}

/// A folder of the user beside `$NEXU_HOME`, which is nobody's business here.
#[cfg(unix)]
const SECRET_NAME: &str = "secret-project-name";

/// Once the folder has its name again, a session comes as a submit makes it.
#[cfg(unix)]
fn submit_behind_the_link(state: &std::path::Path) {
    use notify::{RecursiveMode, Watcher};
    let (active, away) = (state.join("active"), state.join("away"));
    let (noticed, changes) = std::sync::mpsc::channel();
    let mut watch = notify::recommended_watcher(noticed).unwrap();
    watch.watch(state, RecursiveMode::NonRecursive).unwrap();
    while !away.exists() || active.is_symlink() || !active.exists() {
        if changes.recv_timeout(crate::env::TIMEOUT).is_err() {
            return;
        }
    }
    std::fs::write(active.join("good"), "").unwrap();
}

/// The link leads nowhere: its target's names reach nobody, its mode stays, and a session submitted later is served.
#[cfg(unix)]
#[test]
pub fn plants_a_link_for_active() {
    use std::os::unix::fs::PermissionsExt;
    let attack = attack!(plants_a_link_for_active);
    let keys = attack.env.state().join("../../home/.ssh");
    std::fs::create_dir_all(attack.env.state()).unwrap();
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join(SECRET_NAME), "").unwrap();
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o755)).unwrap();
    let state = attack.env.state();
    let later = std::thread::spawn(move || submit_behind_the_link(&state));
    let told = attack.on_the_timer_until(&[attack.name], |lines| {
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("good: completed") || has(SECRET_NAME)
    });
    later.join().unwrap();
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert!(
        !told.iter().any(|line| line.contains(SECRET_NAME)),
        "{told:?}"
    );
    let mode = std::fs::metadata(&keys).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let prepared = attack.harness().home().active();
    assert!(prepared.is_dir() && !prepared.is_symlink());
}

#[test]
pub fn nests_folders() {
    let end = attack!(nests_folders).end().told("name-too-long");
    for file in crate::env::files_below(&end.env.state()) {
        let below = file.strip_prefix(end.env.state()).unwrap();
        assert!(
            below.components().count() <= limits::FOLDER_DEPTH + 1,
            "{below:?}"
        );
    }
}
