//! What people take out and put in while a hub runs, or while none does.

use papo_core::id::Nick;
use papo_core::limits::EXPORT_PAGE;

use super::super::{archive, tokens};
use super::*;
use crate::error::{Exit, Failure};
use tokens::TokenCheck;

fn lobby() -> RoomName {
    "lobby".parse().unwrap()
}

fn exported(folder: &Folder) -> Vec<Entry> {
    let mut found = Vec::new();
    let there = archive::export(&folder.0, &lobby(), |entry| {
        found.push(entry.clone());
        Ok(())
    });
    assert_eq!(there, Ok(true));
    found
}

#[test]
fn an_export_goes_on_while_the_hub_does_and_ends_where_it_began() {
    let folder = Folder::new();
    let open = open(&folder);
    let most = EXPORT_PAGE as u64 * 2 + 1;
    for place in 1..=most {
        write(&open, said("lobby", place, "oi"));
    }
    write(&open, said("outra", most + 1, "oi"));
    open.stored(most + 1);
    let mut found = 0;
    let there = archive::export(&folder.0, &lobby(), |entry| {
        found += 1;
        assert_eq!(entry.position, Position(found));
        if found == 1 {
            write(&open, said("lobby", most + 2, "tarde demais"));
            open.stored(most + 2);
        }
        Ok(())
    });
    assert_eq!((there, found), (Ok(true), most));
    let missing = archive::export(&folder.0, &"ninguém".parse().unwrap(), |_| Ok(()));
    assert_eq!(missing, Ok(false));
    assert_eq!(exported(&folder).last().unwrap().payload.as_ref(), "tarde demais");
}

#[test]
fn an_import_stands_behind_what_is_there_and_skips_what_was_heard() {
    let folder = Folder::new();
    let rule = Retention {
        bytes: 1,
        ..Retention::default()
    };
    let first = open_with(&folder, &[], rule, STILL);
    let in_use = archive::import(&folder.0, std::iter::empty());
    assert_eq!(in_use.unwrap_err().exit(), Exit::Storage);
    write(&first, from(said("lobby", 1, "foi-se"), 1, 5));
    write(&first, from(said("lobby", 9, "fica"), 1, 6));
    first.stored(9);
    first.ended();

    let lines = [
        from(said("lobby", 1, "velha"), 1, 5),
        from(said("lobby", 1, "nova"), 1, 8),
        from(said("lobby", 1, "de trás"), 1, 7),
        from(said("outra", 1, "outra"), 1, 5),
        from(said("lobby", 1, "de outro"), 2, 1),
    ];
    let given = || lines.iter().cloned().map(Ok);
    let bad = given().chain([Err(Failure::unexpected("line 6"))]);
    assert_eq!(
        archive::import(&folder.0, bad).unwrap_err().to_string(),
        Failure::unexpected("line 6").to_string()
    );
    assert_eq!(exported(&folder).len(), 1);
    let imported = |taken, skipped| archive::Imported { taken, skipped };
    assert_eq!(archive::import(&folder.0, given()), Ok(imported(3, 2)));
    assert_eq!(archive::import(&folder.0, given()), Ok(imported(0, 5)));

    let again = open(&folder);
    assert_eq!(again.texts("lobby"), ["fica", "nova", "de outro"]);
    let counted = again.with(|connection| {
        let sql = "SELECT sum(messages), sum(bytes), (SELECT sum(weight) FROM messages), max(position)
                   FROM rooms, (SELECT max(position) AS position FROM messages)";
        let row = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        row.unwrap()
    });
    let (messages, bytes, weights, last): (i64, i64, i64, i64) = counted;
    assert_eq!((messages, bytes, last), (4, weights, 12));
}

#[test]
fn a_backup_is_a_whole_file_and_takes_no_others_place() {
    let folder = Folder::new();
    let open = open(&folder);
    write(&open, said("lobby", 1, "oi"));
    open.stored(1);
    let to = folder.0.join("copy").join("rooms.db");
    fs::create_dir(folder.0.join("copy")).unwrap();
    archive::backup(&folder.0, &to).unwrap();
    write(&open, said("lobby", 2, "depois"));
    open.stored(2);
    let error = archive::backup(&folder.0, &to).unwrap_err();
    assert!(matches!(error.why(), Why::Exists), "{error}");
    assert_eq!(
        fs::read_dir(folder.0.join("copy")).unwrap().count(),
        1,
        "nothing else is left there"
    );

    let copy = Folder(folder.0.join("copy"));
    let other = Store::open(&copy.0, &[], Retention::default(), |_| ()).unwrap();
    assert_ne!(
        other.hub, open.hub,
        "whoever goes on from a copy gives numbers of its own"
    );
    other.store.end();
    let payloads: Vec<_> = exported(&copy).iter().map(|entry| entry.payload.to_string()).collect();
    assert_eq!(payloads, ["oi"]);
    let nowhere = archive::backup(&folder.0.join("none"), &folder.0.join("x")).unwrap_err();
    assert!(matches!(nowhere.why(), Why::Missing), "{nowhere}");
}

#[test]
fn a_token_is_good_for_its_nick_until_it_expires() {
    let folder = Folder::new();
    let nick = |text: &str| text.parse::<Nick>().unwrap();
    let at = UtcMillis::new;
    let check = |name: &str, token: &str, now| tokens::check(&folder.0, &nick(name), token, at(now)).unwrap();
    // Before a hub ever ran.
    tokens::add(&folder.0, &nick("Ana"), "segredo", at(NOW), None).unwrap();
    let open = open(&folder);
    tokens::add(&folder.0, &nick("bia"), "outro", at(NOW), Some(at(NOW + 10))).unwrap();
    assert_eq!(check("ana", "segredo", u64::MAX), TokenCheck::Good);
    assert_eq!(check("ana", "outro", NOW), TokenCheck::Unknown);
    assert_eq!(check("ana", "", NOW), TokenCheck::Unknown);
    assert_eq!(check("bia", "outro", NOW + 9), TokenCheck::Good);
    assert_eq!(check("bia", "outro", NOW + 10), TokenCheck::Expired);
    assert_eq!(check("bia", "segredo", NOW + 10), TokenCheck::Unknown);
    assert_eq!(check("caio", "segredo", NOW), TokenCheck::Unknown);

    tokens::add(&folder.0, &nick("ANA"), "novo", at(NOW), None).unwrap();
    assert_eq!(
        (check("ana", "novo", NOW), check("ana", "segredo", NOW)),
        (TokenCheck::Good, TokenCheck::Unknown)
    );
    let nicks: Vec<_> = tokens::list(&folder.0)
        .unwrap()
        .into_iter()
        .map(|token| token.nick)
        .collect();
    assert_eq!(nicks, ["ANA", "bia"]);
    assert!(tokens::remove(&folder.0, &nick("ana")).unwrap());
    assert!(!tokens::remove(&folder.0, &nick("ana")).unwrap());
    assert_eq!(check("ana", "novo", NOW), TokenCheck::Unknown);
    let kept = open.with(|connection| {
        connection
            .query_row("SELECT hash FROM tokens", [], |row| row.get::<_, String>(0))
            .unwrap()
    });
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
}
