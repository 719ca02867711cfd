//! The user's own pictures in a fleet: uploaded by one process, sent along by another, and nobody else's.

use fakes::{ARK_KEY, Fake, media};
use fleet::submit::SubmitError;
use fleet::upload::upload;
use host::Submit;

use crate::env::block_on;
use crate::rig::Rig;

/// The paid request that takes pictures.
const SUBMIT: &str = "POST /api/v3/contents/generations/tasks";

#[test]
fn a_picture_goes_along_with_the_words_that_name_it_and_with_no_other_tenants() {
    block_on(async {
        let Some(rig) = Rig::new().await else { return };
        std::fs::write(rig.folder().join("ark"), ARK_KEY).unwrap();
        let key = format!("file:{}", rig.folder().join("ark").display());
        for id in ["acme", "other"] {
            rig.tenant_with(id, 4, |mut tenant| {
                tenant.secrets = [("ARK_API_KEY".to_owned(), key.clone())].into();
                tenant
            })
            .await;
        }
        let harnesses = rig.harnesses("uploads");
        let keep = async |name: &str, bytes: &[u8]| {
            let path = rig.folder().join(name);
            std::fs::write(&path, bytes).unwrap();
            let (database, metrics) = (&rig.database, &rig.metrics);
            let kept = upload(database, &harnesses, metrics, "acme", &path, Some("ark")).await;
            kept.map(|kept| kept.url)
        };
        let cat = media::png(640, 480).to_bytes();
        let url = keep("cat.png", &cat).await.unwrap();
        assert_eq!(keep("again.png", &cat).await.unwrap(), url);
        let count = "select count(*) from record where path like 'pictures/%'";
        let count: i64 = rig.database.one(count, &[]).await.unwrap().get(0);
        assert_eq!(count, 1, "of one content there is one");
        // Larger than a record.
        let large = media::photo(4_000, 3_000, 350).to_bytes();
        let refused = keep("large.jpg", &large).await.unwrap_err();
        assert!(refused.to_string().contains("too large"), "{refused}");

        let wanted = || Submit::message(format!("a film of this\n{url}")).by_service("ark");
        // Another process than the one that has it.
        let others = rig.harnesses("submits");
        rig.ask(&others, "acme", wanted()).await.unwrap();
        let sent = rig.world.ark().requests_to(SUBMIT).pop().unwrap();
        let picture = &sent.json().unwrap()["content"][1]["image_url"]["url"];
        let picture = picture.as_str().unwrap();
        assert!(picture.starts_with("data:image/png;base64,"), "{picture}");
        // A reference is no permission.
        let refused = rig.ask(&others, "other", wanted()).await.unwrap_err();
        assert!(matches!(refused, SubmitError::Call(_)), "{refused}");
        assert!(refused.to_string().contains("isn't kept here"), "{refused}");
        assert_eq!(rig.world.ark().requests_to(SUBMIT).len(), 1);
    });
}
