use super::*;
use crate::json;

fn services(stored: &str, vars: &[(&str, &str)]) -> Services {
    let value = |name: &str| {
        let found = vars.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let stored = json::parse(stored.as_bytes()).unwrap();
    Services::parse(&value, stored.as_object().unwrap())
}

fn meant(services: &Services, named: Option<&str>) -> Result<&'static str, Unmeant> {
    services.meant(named).map(|held| held.key.service.word())
}

#[test]
fn a_file_with_one_key_is_as_before_whatever_the_environment_holds_of_other_services() {
    for vars in [vec![], vec![("ARK_API_KEY", "0a1b-2c3d")]] {
        let found = services(r#"{"apiKey":"mgk_abc"}"#, &vars);
        assert_eq!(meant(&found, None), Ok("nexu"));
    }
}

#[test]
fn the_only_key_says_which_service_is_meant() {
    for (stored, vars, word) in [
        ("{}", vec![("ARK_API_KEY", "0a1b-2c3d")], "ark"),
        ("{}", vec![("MODELARK_API_KEY", "0a1b-2c3d")], "modelark"),
        ("{}", vec![("LIBTV_API_KEY", "sk-libtv-1")], "libtv"),
        (r#"{"services":{"ark":{"apiKey":"0a1b"}}}"#, vec![], "ark"),
    ] {
        assert_eq!(meant(&services(stored, &vars), None), Ok(word), "{stored}");
    }
}

#[test]
fn of_several_one_is_chosen_and_there_is_no_falling_back() {
    let both = r#"{"apiKey":"mgk_abc","services":{"ark":{"apiKey":"0a1b-2c3d"}}}"#;
    let found = services(both, &[]);
    assert_eq!(meant(&found, None), Err(Unmeant::Several));
    let told = found.several().failure().message.clone();
    assert_eq!(
        told,
        "Several services are configured: nexu, ark. Choose with --service or setup."
    );
    assert_eq!(meant(&found, Some("ark")), Ok("ark"));
    let modelark = ServiceId::called("modelark");
    assert_eq!(
        meant(&found, Some("modelark")),
        Err(Unmeant::NoKey(modelark))
    );

    let in_use = |word: &str| both.replacen('{', &format!(r#"{{"service":"{word}","#), 1);
    assert_eq!(meant(&services(&in_use("ark"), &[]), None), Ok("ark"));
    assert_eq!(
        meant(&services(&in_use("ark"), &[]), Some("nexu")),
        Ok("nexu")
    );
    let vars = [("LIBTV_SERVICE", "nexu")];
    assert_eq!(meant(&services(&in_use("ark"), &vars), None), Ok("nexu"));
    assert_eq!(
        meant(&services(&in_use("sora"), &[]), None),
        Err(Unmeant::NoService("sora".to_owned()))
    );
    // The one in use has no key: another's isn't taken instead.
    let libtv = ServiceId::called("libtv");
    assert_eq!(
        meant(&services(&in_use("libtv"), &[]), None),
        Err(Unmeant::NoKey(libtv))
    );
}

#[test]
fn a_key_that_begins_as_another_services_is_never_this_ones() {
    for stored in [
        r#"{"services":{"ark":{"apiKey":"mgk_abc"}}}"#,
        r#"{"services":{"ark":{"apiKey":"sk-libtv-abc"}}}"#,
        r#"{"services":{"ark":{"apiKey":"0a1b\r\nX: y"}}}"#,
        r#"{"services":{"ark":{"apiKey":"0a 1b"}}}"#,
    ] {
        let found = services(stored, &[]);
        assert!(found.held().is_empty(), "{stored}");
        assert!(found.is_malformed(ServiceId::called("ark")), "{stored}");
        assert!(!found.is_malformed(ServiceId::called("modelark")));
    }
    let found = services(r#"{"apiKey":"0a1b-2c3d","service":"ark"}"#, &[]);
    assert!(found.held().is_empty() && found.is_malformed(None));
    assert!(found.is_malformed(ServiceId::called("nexu")));
}

#[test]
fn a_services_own_variable_stands_above_its_stored_key_also_where_it_is_wrong() {
    let stored = r#"{"services":{"ark":{"apiKey":"stored-1","model":"m-1","resolution":"720p"}}}"#;
    let found = services(stored, &[("ARK_API_KEY", "given-2")]);
    let [held] = found.held() else { panic!() };
    assert!(held.from_environment);
    assert_eq!(held.key.secret.expose(), "given-2");
    assert_eq!(held.choices.model.as_deref(), Some("m-1"));
    assert_eq!(held.choices.resolution.as_deref(), Some("720p"));
    assert!(
        services(stored, &[("ARK_API_KEY", "given 2")])
            .held()
            .is_empty()
    );
}

#[test]
fn a_choice_that_cant_be_a_name_is_passed_over() {
    for bad in ["", "a b", "ä", &"m".repeat(129)] {
        let stored = format!(r#"{{"services":{{"ark":{{"apiKey":"0a1b","model":"{bad}"}}}}}}"#);
        assert_eq!(services(&stored, &[]).held()[0].choices, Choices::default());
    }
}
