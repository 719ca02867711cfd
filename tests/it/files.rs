//! A command sees the state folder and what its arguments name, nothing else: no link, `..` or slash leads further.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fakes::{Fake, Job, media};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::env::{TestEnv, files_below};

/// A session with two images.
fn finished(env: &TestEnv) -> String {
    let paths = ["/sd-gen-save-img/a.png", "/sd-gen-save-img/b.png"];
    env.gateway()
        .set_default_job(Job::new().works().images(paths).says("done"));
    let id = env.submit("a cat");
    env.watch(&id).ok();
    id
}

fn download(env: &TestEnv, id: &str, folder: &Path) -> crate::env::Output {
    let folder = folder.to_str().unwrap();
    env.run(["download-results", id, "--output-dir", folder])
}

fn upload(env: &TestEnv, path: &str) -> crate::env::Output {
    env.run(["upload", "--file", path])
}

#[test]
fn no_way_of_writing_a_folder_leads_downloads_to_the_keys() {
    let env = TestEnv::new();
    let id = finished(&env);
    let folder = env.folder();
    symlink(env.home(), folder.join("link")).unwrap();
    symlink("link", folder.join("link-to-link")).unwrap();
    fs::create_dir(folder.join("out")).unwrap();
    for way in [
        "nexu",
        "nexu/",
        "nexu//.",
        "out/../nexu",
        "out/../nexu/../nexu/",
        "link",
        "link/",
        "link-to-link/.",
        "link/libtv-video",
        "link/new/folder",
        ".",
        "out/..",
        "/",
    ] {
        let out = download(&env, &id, &folder.join(way)).exits(1);
        assert!(
            out.stdout.contains("can't be the output folder"),
            "{way}: {out:?}"
        );
    }
    let is_picture = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "png");
    assert!(!files_below(&env.home()).iter().any(is_picture));
    download(&env, &id, &folder.join("out")).ok();
}

#[test]
fn links_in_the_output_folder_are_neither_followed_nor_written_through() {
    let env = TestEnv::new();
    let id = finished(&env);
    let (out, victim) = (env.folder().join("out"), env.folder().join("victim"));
    for link in ["soft", "soft, to nothing", "hard"] {
        let _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).unwrap();
        fs::write(&victim, "as it was").unwrap();
        let first = out.join("01.png");
        match link {
            "soft" => symlink("../victim", &first).unwrap(),
            "hard" => fs::hard_link(&victim, &first).unwrap(),
            _ => symlink("../made", &first).unwrap(),
        }
        let reply = download(&env, &id, &out).json();
        assert_eq!(
            reply["downloaded"].as_array().unwrap().len(),
            1,
            "{link}: {reply}"
        );
        assert_eq!(
            reply["errors"].as_array().unwrap().len(),
            1,
            "{link}: {reply}"
        );
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was", "{link}");
        assert!(!env.folder().join("made").exists(), "{link}");
    }
}

#[test]
fn an_upload_reads_the_file_that_was_named_and_a_way_to_something_else_fails() {
    let env = TestEnv::new();
    let folder = env.folder();
    let picture = media::png(64, 64);
    picture.write_to(folder.join("cat.png")).unwrap();
    fs::create_dir(folder.join("sub")).unwrap();
    symlink("cat.png", folder.join("link.png")).unwrap();
    fs::hard_link(folder.join("cat.png"), folder.join("hard.png")).unwrap();
    for way in [
        "cat.png",
        "sub/../cat.png",
        "./cat.png",
        "link.png",
        "hard.png",
    ] {
        upload(&env, way).ok();
    }
    assert_eq!(env.gateway().uploads().len(), 5);
    mknodat(CWD, folder.join("pipe.png"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    symlink("nowhere", folder.join("dangling.png")).unwrap();
    symlink("loop.png", folder.join("loop.png")).unwrap();
    for way in [
        "cat.png/",
        "cat.png/.",
        "sub",
        "sub/",
        "dangling.png",
        "loop.png",
        "pipe.png",
        "-",
    ] {
        upload(&env, way).exits(if way == "-" { 2 } else { 1 });
    }
    assert_eq!(env.gateway().uploads().len(), 5);
}

#[test]
fn links_in_the_state_folder_lead_the_component_nowhere() {
    let env = TestEnv::new();
    let outside = env.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    env.run(["recover"]).ok();
    let _ = fs::remove_dir_all(env.state().join("submits"));
    symlink("../../outside", env.state().join("submits")).unwrap();
    env.run(["create-session", "a cat"]).exits(1);
    assert!(files_below(&outside).is_empty());
    assert!(env.gateway().requests().is_empty(), "no intent, no submit");
}

#[test]
fn a_link_in_the_place_of_the_watched_folder_is_replaced_and_what_is_behind_it_stays() {
    let env = TestEnv::new();
    let outside = env.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(env.state()).unwrap();
    symlink("../../outside", env.state().join("active")).unwrap();
    let id = finished(&env);
    assert!(!id.is_empty());
    let mode = fs::metadata(&outside).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o755, "not ours to tighten");
    assert!(
        fs::symlink_metadata(env.state().join("active"))
            .unwrap()
            .is_dir()
    );
}
