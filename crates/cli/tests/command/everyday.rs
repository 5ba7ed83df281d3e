//! What people do every day, and what they get wrong.

use crate::support::{Folder, Person, Server, event, get, holding_in, text};

#[test]
fn a_file_goes_from_one_to_the_other_and_keeps_what_is_there() {
    let folder = Folder::new("files");
    let server = Server::start();
    let (a, b) = (Person::new(&folder, "a", &server.url), Person::new(&folder, "b", &server.url));
    let data: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    std::fs::write(folder.path("music.tar.gz"), &data).unwrap();
    let source = folder.path("music.tar.gz");
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    for name in ["music.tar.gz", "music.tar (1).gz"] {
        let mut sending = a.start(&["send", source.to_str().unwrap()]);
        let link = text(&sending.event("link"), "link").to_owned();
        let said = b.done(&["receive", &link, "--output", out.to_str().unwrap()]);
        let (sent, code) = sending.ended();
        assert_eq!((event(&sent, "sent")["bytes"].as_u64(), code), (Some(3_000_000), 0));
        assert!(text(event(&said, "received"), "file").ends_with(name), "{said:?}");
        assert!(std::fs::read(out.join(name)).unwrap() == data);
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2, "nothing else is left there");
    // Where a name would be read by programs it is another one, and nobody else reads the file.
    let hidden = folder.write(".bash_profile", "rm -rf /");
    let offer = || {
        let mut sending = a.start(&["send", &hidden]);
        let link = text(&sending.event("link"), "link").to_owned();
        (sending, link)
    };
    let (refused, link) = offer();
    let words = ["--output", out.to_str().unwrap(), "--max-size"];
    let (said, code) = b.run(&[&["receive", &link], &words[..], &["1"]].concat());
    assert_eq!((text(event(&said, "failed"), "code"), code), ("too-large", 1));
    drop(refused);
    let (sending, link) = offer();
    b.done(&[&["receive", &link], &words[..], &["1K"]].concat());
    // Whether it hears that all has come before the other side leaves is not what this is about.
    drop(sending);
    assert!(!out.join(".bash_profile").exists());
    let mode = std::fs::metadata(out.join("_.bash_profile")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    std::fs::remove_file(out.join("_.bash_profile")).unwrap();
    // The other way round: who receives waits.
    let mut receiving = b.start(&["receive", "--output", out.to_str().unwrap()]);
    let link = text(&receiving.event("link"), "link").to_owned();
    a.done(&["send", source.to_str().unwrap(), "--to", &link]);
    assert_eq!(receiving.ended().1, 0);
}

#[test]
fn a_file_that_is_called_off_leaves_nothing() {
    let folder = Folder::new("called-off");
    let server = Server::start();
    let (a, b) = (Person::new(&folder, "a", &server.url), Person::new(&folder, "b", &server.url));
    let source = folder.path("large");
    // Mostly holes, and more than a link carries in the time of this test.
    std::fs::File::create(&source).unwrap().set_len(1 << 36).unwrap();
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    let mut sending = a.start(&["send", source.to_str().unwrap()]);
    let link = text(&sending.event("link"), "link").to_owned();
    let mut receiving = b.start(&["receive", &link, "--output", out.to_str().unwrap()]);
    receiving.event("progress");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1, "it is on its way");
    let (_, code) = receiving.terminate();
    assert_eq!(code, 130);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    drop(sending);
}

#[test]
fn a_group_goes_into_a_file_and_comes_out_of_it() {
    let folder = Folder::new("archive");
    let server = Server::start();
    let person = Person::new(&folder, "person", &server.url);
    person.done(&["group", "create", "Notes", "--app", "letter"]);
    let issue = folder.write("news.md", "Nothing new.\n");
    person.done(&["publish", "--offline", &issue]);
    let held = person.holding();
    let file = folder.path("notes.group");
    let file = file.to_str().unwrap();
    person.done(&["export", file]);
    let (said, code) = person.run(&["export", file]);
    assert_eq!(code, 1, "what is there stays: {said:?}");
    person.done(&["group", "forget"]);
    assert!(person.done(&["group", "list"]).is_empty());
    person.done(&["import", file]);
    assert_eq!(person.holding(), held);
    let said = person.done(&["read", "--offline"]);
    assert_eq!(text(event(&said, "issue"), "title"), "news");

    let other = Person::new(&folder, "other", &server.url);
    let (said, code) = other.run(&["import", file]);
    assert_eq!((text(event(&said, "failed"), "code"), code), ("not-allowed", 1));
    let cut = std::fs::read(file).unwrap();
    std::fs::write(file, &cut[..cut.len() - 1]).unwrap();
    let (said, code) = person.run(&["import", file]);
    assert_eq!((text(event(&said, "failed"), "code"), code), ("export-damaged", 1));
}

#[test]
fn a_disk_that_fills_up_leaves_no_part_of_a_group() {
    let folder = Folder::new("full");
    let person = Person::new(&folder, "person", "ws://127.0.0.1:1/ws");
    person.done(&["group", "create", "Notes", "--app", "letter"]);
    let issue = folder.write("news.md", &"Nothing new. ".repeat(10_000));
    person.done(&["publish", "--offline", &issue]);
    // A disk of its own for the file, too small for it, and what is left there.
    let out = folder.path("out");
    std::fs::create_dir(&out).unwrap();
    let script = "mount -t tmpfs -o size=64k none \"$0\" || exit 99
        \"$@\"; code=$?; ls -A \"$0\" >&2; exit $code";
    let words = ["unshare", "-rm", "sh", "-c", script, out.to_str().unwrap()];
    let hindered = Person::new(&folder, "person", "").through(&words, "127.0.0.1:0");
    let file = out.join("notes.group");
    let (complaints, code) = hindered.start(&["export", file.to_str().unwrap()]).complaints();
    if code == 99 || complaints.contains("unshare") {
        return eprintln!("skipped: no disk can be made here: {complaints}");
    }
    assert_eq!(code, 1, "{complaints}");
    assert!(complaints.contains("No space left") && !complaints.contains("\nnotes.group"));
    assert!(complaints.lines().last().is_some_and(|it| it.contains("No space")), "{complaints}");
}

#[test]
fn people_talk_by_a_link_and_are_shut_out() {
    let folder = Folder::new("talk");
    let server = Server::start();
    let ada = Person::new(&folder, "ada", &server.url);
    let ben = Person::new(&folder, "ben", &server.url);
    ada.done(&["identity", "new", "--name", "Ada"]);
    ben.done(&["identity", "new", "--name", "Ben"]);
    ada.done(&["group", "create", "Talk"]);
    let mut inviting = ada.start(&["group", "invite", "--role", "inviter"]);
    let link = text(&inviting.event("invitation"), "text").to_owned();
    let offer = ben.done(&["group", "preview", &link]);
    assert_eq!((text(&offer[0], "name"), text(&offer[0], "role")), ("Talk", "inviter"));
    ben.done(&["group", "join", &link]);
    assert_eq!(text(&inviting.event("admitted"), "identity"), ben.id());
    assert_eq!(inviting.ended().1, 0, "there was one to let in");

    let mut talks = ada.start(&["chat"]);
    talks.event("ready");
    let mut answers = ben.start(&["chat"]);
    answers.event("ready");
    talks.type_line("bonjour");
    assert_eq!(text(&answers.event("line"), "text"), "bonjour");
    answers.type_line("et toi");
    talks.says("the answer", |it| it["text"] == "et toi" && it["author"] == ben.id());
    // To be in one place twice is refused.
    let (complaints, code) = ada.start(&["chat"]).complaints();
    assert_eq!(code, 1);
    assert!(complaints.contains("another lacis") && complaints.contains("--data"), "{complaints}");
    assert_eq!(answers.ended().1, 0, "the other one has it all");
    talks.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(talks.ended().1, 0, "to stop is no failure");

    let said = ada.done(&["group", "members"]);
    assert!(said.iter().any(|it| it["name"] == "Ben" && it["role"] == "inviter"), "{said:?}");
    ada.done(&["group", "role", &ben.id(), "admin", "--offline"]);
    ada.done(&["group", "rename", "Talks", "--offline"]);
    let said = ada.done(&["group", "members"]);
    assert!(said.iter().any(|it| it["name"] == "Ben" && it["role"] == "admin"), "{said:?}");
    assert_eq!(ada.done(&["group", "show"])[0]["name"], "Talks");
    let mut listening = ben.start(&["chat"]);
    listening.event("ready");
    ada.run(&["group", "revoke", &ben.id(), "--timeout", "2"]);
    let said = ada.done(&["group", "members"]);
    assert!(said.iter().any(|it| it["name"] == "Ben" && it["role"] == "none"), "{said:?}");
}

#[test]
fn a_group_moves_to_another_server() {
    let folder = Folder::new("moves");
    let (old, new) = (Server::start(), Server::start());
    let ada = Person::new(&folder, "ada", &old.url);
    ada.done(&["group", "create", "Talk"]);
    let named = |said: &[serde_json::Value]| -> Vec<String> {
        said.iter().map(|it| text(it, "server").to_owned()).collect()
    };
    assert_eq!(named(&ada.done(&["group", "servers"])), [old.url.as_str()]);
    let (said, code) = ada.run(&["group", "servers", "ws://a.example/ws", "--offline"]);
    assert_eq!((text(event(&said, "failed"), "code"), code), ("invalid-argument", 1));
    let said = ada.done(&["group", "servers", &new.url, "--offline"]);
    assert_eq!(event(&said, "servers")["servers"][0], new.url.as_str());
    assert_eq!(named(&ada.done(&["group", "servers"])), [new.url.as_str()]);
    // Ben knows no server, and the old one is gone.
    drop(old);
    let ben = Person::new(&folder, "ben", "");
    let mut inviting = ada.start(&["group", "invite"]);
    let link = text(&inviting.event("invitation"), "text").to_owned();
    ben.done(&["group", "join", &link]);
    assert_eq!(text(&inviting.event("admitted"), "identity"), ben.id());
    assert_eq!(inviting.ended().1, 0);
    assert_eq!(named(&ben.done(&["group", "servers"])), [new.url.as_str()]);
    ada.done(&["group", "servers", "--own", "--offline"]);
    assert!(ada.done(&["group", "servers"]).is_empty());
}

#[test]
fn one_process_is_server_and_keeper_and_says_how_it_is() {
    let folder = Folder::new("serve");
    let home = Person::new(&folder, "home", "");
    let mut serving = home.start(&["serve", "--listen", "127.0.0.1:0", "--status", "127.0.0.1:0"]);
    let address = text(&serving.event("listening"), "address").to_owned();
    let status = text(&serving.event("keeping"), "status").to_owned();
    assert!(get(&address, "/health").contains("\"status\":\"ok\""));
    let writer = Person::new(&folder, "writer", &format!("ws://{address}/ws"));
    writer.done(&["group", "create", "Notes", "--app", "letter"]);
    let said = writer.done(&["group", "invite", "--role", "keeper", "--for", &keeper_id(&home)]);
    let invitation = text(event(&said, "invitation"), "text").to_owned();
    assert_eq!(serving.terminate().1, 0);

    let mut serving = home.start(&[
        "serve",
        "--listen",
        &address,
        "--status",
        &status,
        "--budget",
        "20K",
        &invitation,
    ]);
    serving.event("joined");
    let issue = folder.write("news.md", "Something new.\n");
    writer.done(&["publish", &issue]);
    let held = writer.holding();
    serving.says("that it has it", |it| it["event"] == "stored" && holding_in(it) == held);
    let health = get(&status, "/health");
    assert!(health.contains("\"status\":\"ok\"") && health.contains("\"groups\":1"), "{health}");
    let metrics = get(&status, "/metrics");
    let records = format!("}} {}", held.0);
    let line = metrics.lines().find(|line| line.starts_with("lacis_keeper_group_records"));
    assert!(line.is_some_and(|line| line.ends_with(&records)), "{metrics}");

    // What goes beyond the budget is not taken, and what is there stays.
    let large = folder.write("large.md", &"Far too much. ".repeat(2_000));
    writer.done(&["publish", &large]);
    serving.says("that it is full", |it| it["full"] == true);
    assert!(get(&status, "/metrics").contains("lacis_keeper_group_full{"));
    let (said, code) = serving.terminate();
    assert_eq!(code, 0, "{said:?}");
}

/// Its identity, also while it runs.
fn keeper_id(person: &Person) -> String {
    person.id()
}

#[test]
fn what_cannot_be_done_is_said_in_plain_words_and_by_the_exit_code() {
    let folder = Folder::new("wrong");
    let person = Person::new(&folder, "person", "ws://127.0.0.1:1/ws");
    for (words, code, says) in [
        (&["group", "join", "nonsense"][..], 1, "not an invitation"),
        (&["group", "frobnicate"], 2, "unrecognized subcommand"),
        (&["group", "invite", "--role", "king"], 2, "member, inviter, admin or keeper"),
        (&["read"], 1, "lacis group create"),
        (&["send", "/nowhere"], 1, "/nowhere"),
        (&["receive", "nonsense"], 1, "not a link"),
    ] {
        let (complaints, ended) = person.start(words).complaints();
        assert_eq!(ended, code, "{words:?}: {complaints}");
        assert!(complaints.contains(says), "{words:?}: {complaints}");
        let (said, _) = person.run(words);
        let failed = event(&said, "failed");
        assert_eq!(failed["code"] == "usage", code == 2, "{failed}");
    }
    let (complaints, code) = person.start(&["receive", "--timeout", "1"]).complaints();
    assert_eq!(code, 3, "{complaints}");
    assert!(complaints.contains("no server answers"), "{complaints}");
    person.done(&["group", "create", "Alone", "--app", "letter"]);
    let issue = folder.write("news.md", "Nobody hears it.\n");
    let (said, code) = person.run(&["publish", &issue, "--timeout", "1"]);
    assert_eq!(code, 3, "{said:?}");
    event(&said, "stored");
}

#[test]
fn a_full_disk_leaves_no_half_of_an_identity() {
    let folder = Folder::new("half");
    let person = Person::new(&folder, "person", "");
    std::fs::create_dir(person.data()).unwrap();
    // No file may become longer than nothing.
    let full = ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"];
    let hindered = Person::new(&folder, "person", "").through(&full, "127.0.0.1:0");
    let (said, code) = hindered.run(&["identity", "new", "--name", "Ada"]);
    assert_eq!(code, 1, "{said:?}");
    assert_eq!(std::fs::read_dir(person.data()).unwrap().count(), 0);
    person.done(&["identity", "new", "--name", "Ada"]);
    let shown = person.done(&["identity", "show"]);
    assert_eq!(hindered.run(&["identity", "name", "Eve"]).1, 1);
    assert_eq!(person.done(&["identity", "show"]), shown);
    assert_eq!(text(&shown[0], "name"), "Ada");
    std::fs::write(person.data().join("identity"), [1; 16]).unwrap();
    let (said, _) = person.run(&["identity", "show"]);
    assert!(text(event(&said, "failed"), "hint").contains("a copy"), "{said:?}");
}

#[test]
fn nobody_else_reads_the_folder_and_shells_know_the_words() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("private");
    let person = Person::new(&folder, "person", "");
    person.done(&["identity", "new", "--name", "Ada"]);
    person.done(&["group", "create", "Notes"]);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(person.data()) & 0o777, 0o700);
    let mut count = 0;
    for entry in std::fs::read_dir(person.data()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o777, 0o600, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 3, "identity, name and groups");
    for shell in ["bash", "fish", "zsh"] {
        let mut command = std::process::Command::new(crate::support::PROGRAM);
        let output = command.args(["completions", shell]).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains("keep"), "{shell}");
    }
}

#[test]
fn a_service_manager_is_told_when_it_is_ready_that_it_lives_and_that_it_ends() {
    let folder = Folder::new("manager");
    let server = Server::start();
    let path = folder.path("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(crate::support::SOON)).unwrap();
    let told = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).expect("it is told something");
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let keeper = Person::new(&folder, "keeper", &server.url)
        .variable("NOTIFY_SOCKET", path.to_str().unwrap())
        .variable("WATCHDOG_USEC", "100000")
        .variable("LACIS_INVITATIONS", "nonsense");
    let mut kept = keeper.start(&["keep"]);
    assert_eq!(told(), "READY=1");
    assert_eq!(text(&kept.event("not-taken"), "code"), "invitation-unknown");
    assert_eq!([told(), told()], ["WATCHDOG=1", "WATCHDOG=1"]);
    assert_eq!(kept.terminate().1, 0);
    let rest: Vec<String> =
        std::iter::repeat_with(told).take_while(|it| it != "STOPPING=1").collect();
    assert!(rest.iter().all(|it| it == "WATCHDOG=1"), "{rest:?}");
}

#[test]
fn a_keeper_with_much_to_do_says_that_it_lives_too() {
    let folder = Folder::new("busy");
    let server = Server::start();
    let path = folder.path("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let keeper = Person::new(&folder, "keeper", &server.url)
        .variable("NOTIFY_SOCKET", path.to_str().unwrap())
        .variable("WATCHDOG_USEC", "4000000");
    let founder = Person::new(&folder, "founder", &server.url);
    founder.done(&["group", "create", "Talk"]);
    let words = ["group", "invite", "--for", &keeper.id(), "--role", "keeper"];
    let said = founder.done(&words);
    let mut kept = keeper.start(&["keep", text(event(&said, "invitation"), "text")]);
    kept.event("joined");
    let mut talk = founder.start(&["chat"]);
    talk.event("ready");
    socket.set_nonblocking(true).unwrap();
    let told = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).ok()?;
        String::from_utf8(bytes[..length].to_vec()).ok()
    };
    while told().is_some() {}
    // It has something to say all the time, and a sign of life is due each 2 s.
    let (begun, mut signs) = (std::time::Instant::now(), 0);
    while signs < 2 {
        assert!(begun.elapsed() < crate::support::SOON, "no sign of life from a busy keeper");
        talk.type_line("bonjour");
        kept.event("stored");
        signs += usize::from(told().as_deref() == Some("WATCHDOG=1"));
    }
    assert_eq!(talk.ended().1, 0);
    assert_eq!(kept.terminate().1, 0);
}

#[test]
fn who_reads_no_complaints_ends_nothing() {
    let folder = Folder::new("unread");
    let data = folder.path("person");
    let command = |words: &[&str]| {
        let mut command = std::process::Command::new(crate::support::PROGRAM);
        command.args(words).env("LACIS_DATA", &data).env("LACIS_SERVER", "ws://127.0.0.1:1/ws");
        // A pipe of which nobody has the other end.
        let (read, write) = std::io::pipe().unwrap();
        drop(read);
        command.stderr(write).stdout(std::process::Stdio::null());
        command.status().unwrap().code()
    };
    assert_eq!(command(&["group", "show"]), Some(1));
    assert_eq!(command(&["group", "create", "Notes"]), Some(0));
    assert_eq!(command(&["receive", "--timeout", "1"]), Some(3));
}

#[test]
fn a_keeper_keeps_more_groups_than_one_node_has_room_for() {
    const GROUPS: usize = lacis_native::limits::GROUPS_MAX + 1;
    let folder = Folder::new("many");
    let server = Server::start();
    let founder = Person::new(&folder, "founder", &server.url);
    let keeper = Person::new(&folder, "keeper", &server.url);
    let id = keeper.id();
    let mut invitations = Vec::new();
    for number in 0..GROUPS {
        let name = format!("Group {number}");
        founder.done(&["group", "create", &name]);
        let words = ["group", "invite", "--group", &name, "--for", &id, "--role", "keeper"];
        let said = founder.done(&words);
        invitations.push(text(event(&said, "invitation"), "text").to_owned());
    }
    let words: Vec<&str> =
        std::iter::once("keep").chain(invitations.iter().map(|it| &it[..])).collect();
    let mut kept = keeper.start(&words);
    for _ in 0..GROUPS {
        kept.event("joined");
    }
    assert_eq!(kept.terminate().1, 0);
    // Another time they change nothing.
    let mut kept = keeper.start(&words);
    let keeping = kept.event("keeping");
    assert_eq!(keeping["groups"], GROUPS);
    assert_eq!(keeping["links"].as_array().map(Vec::len), Some(1), "{keeping}");
    // What is said last comes through the second node as well as through the first.
    let mut talk = founder.start(&["chat", "--group", &format!("Group {}", GROUPS - 1)]);
    talk.event("ready");
    talk.type_line("bonjour");
    assert_eq!(talk.ended().1, 0, "the keeper has it");
    assert_eq!(kept.terminate().1, 0);
}
