use super::*;

const OLD: &str = "10.0.0.7 | 2026-11-20 10:00 | ";

/// A session and its clock; every output is noted with the millisecond at which it came.
struct Bench {
    session: Session,
    now: Instant,
    seen: Vec<(u128, Output)>,
    /// Writes are with the operating system at once.
    prompt: bool,
}

impl Bench {
    fn new(interactive: bool) -> Self {
        Self {
            session: Session::new(interactive, Instant::ZERO),
            now: Instant::ZERO,
            seen: Vec::new(),
            prompt: true,
        }
    }

    fn give(&mut self, input: Input<'_>) {
        self.session.handle(self.now, input);
        while let Some(output) = self.session.poll_output() {
            let written = matches!(output, Output::Write(_));
            let at = self.now.since(Instant::ZERO).as_millis();
            self.seen.push((at, output));
            if written && self.prompt {
                self.session.handle(self.now, Input::Written);
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.give(Input::Line(line));
    }

    fn bytes(&mut self, bytes: &str) {
        self.give(Input::Bytes(bytes.as_bytes()));
    }

    /// Lets time pass, stopping at every moment that the session asked for.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let mut steps = 0;
        while let Some(at) = self.session.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.give(Input::Tick);
            steps += 1;
            assert!(steps < 1000, "the session asks for the same moment again and again");
        }
        self.now = end;
    }

    fn take(&mut self) -> Vec<(u128, Output)> {
        std::mem::take(&mut self.seen)
    }

    fn keys(&mut self) -> Vec<&'static str> {
        self.take()
            .into_iter()
            .map(|(_, output)| match output {
                Output::Say(message) => message.key(),
                other => panic!("not a sentence: {other:?}"),
            })
            .collect()
    }
}

fn write(text: &str) -> Output {
    Output::Write(text.as_bytes().to_vec())
}

fn show(text: &str) -> Output {
    Output::Show(text.to_owned())
}

#[test]
fn an_old_server_gets_single_paced_writes_without_newlines() {
    let mut bench = Bench::new(true);
    for line in ["one", "two", "three"] {
        bench.line(line);
    }
    bench.bytes(&format!("{OLD}one"));
    bench.pass(60);
    bench.bytes(&format!("{OLD}two"));
    bench.pass(200);
    assert_eq!(
        bench.take(),
        [
            (0, write("one")),
            (30, show(&format!("{OLD}one"))),
            (50, write("two")),
            (90, show(&format!("{OLD}two"))),
            (100, write("three")),
        ]
    );
}

#[test]
fn before_anything_is_known_one_line_goes_and_its_answer_is_waited_for() {
    for answer in ["ana | 2026-11-20 10:00 | one\n", &format!("{OLD}one")] {
        let hub = answer.ends_with('\n');
        let mut bench = Bench::new(false);
        for line in ["one", "two"] {
            bench.line(line);
        }
        bench.give(Input::Finished);
        bench.pass(300);
        assert_eq!(bench.take(), [(0, write("one"))]);
        bench.bytes(answer);
        // Without a newline, a pause has to end the message before it is one.
        bench.pass(30);
        let at = if hub { 300 } else { 330 };
        assert_eq!(
            bench.take(),
            [
                (at, show(answer.trim_end())),
                (at, write(if hub { "two\n" } else { "two" })),
                (at, Output::HalfClose),
            ]
        );
    }
}

#[test]
fn a_server_that_does_not_answer_gets_a_line_a_second() {
    let mut bench = Bench::new(true);
    for line in ["one", "two", "three"] {
        bench.line(line);
    }
    bench.pass(5000);
    assert_eq!(
        bench.take(),
        [(0, write("one")), (1000, write("two")), (2000, write("three"))]
    );
}

#[test]
fn an_old_server_gets_the_next_line_when_it_spoke_after_the_last() {
    let mut bench = Bench::new(true);
    bench.bytes(&format!("{OLD}hi"));
    bench.pass(100);
    bench.bytes(&format!("{OLD}early"));
    bench.line("one");
    bench.line("two");
    bench.line("three");
    bench.take();
    // What came before a line was written says nothing about that line.
    bench.pass(300);
    assert_eq!(bench.take(), [(130, show(&format!("{OLD}early")))]);
    bench.bytes(&format!("{OLD}o"));
    bench.pass(20);
    // The rest of an answer is no answer to the next line.
    bench.bytes("ne");
    bench.pass(1100);
    assert_eq!(
        bench.take(),
        [
            (450, show(&format!("{OLD}one"))),
            (450, write("two")),
            (1450, write("three")),
        ]
    );
}

#[test]
fn what_others_say_on_a_hub_is_no_answer_to_a_line_without_newline() {
    let others = ["bia | 2026-11-20 10:00 | hi", "bia | 2026-11-20 10:00 | noone"];
    for (line, answer) in [
        ("one", "ana | 2026-11-20 10:00 | one"),
        ("//one ", "ana | 2026-11-20 10:00 | /one "),
        ("a\tb", "ana | 2026-11-20 10:00 | a␉b"),
        ("/nick ana", "* | 2026-11-20 10:00 | ana joined the chat"),
    ] {
        let mut bench = Bench::new(true);
        bench.line(line);
        bench.line("two");
        bench.take();
        for other in others {
            bench.pass(100);
            bench.bytes(&format!("{other}\n"));
        }
        bench.pass(100);
        bench.bytes(&format!("{answer}\n"));
        assert_eq!(
            bench.take(),
            [
                (100, show(others[0])),
                (200, show(others[1])),
                (300, show(answer)),
                (300, write("two\n")),
            ]
        );
    }
    let mut bench = Bench::new(true);
    bench.line("one");
    bench.line("two");
    bench.bytes(&format!("{}\n", others[0]));
    bench.pass(1000);
    assert_eq!(
        bench.take(),
        [(0, write("one")), (0, show(others[0])), (1000, write("two\n"))]
    );
}

#[test]
fn a_hub_gets_lines_as_soon_as_it_has_sent_one() {
    let mut bench = Bench::new(true);
    bench.bytes("hello\n");
    for line in ["one", "two"] {
        bench.line(line);
    }
    assert_eq!(
        bench.take(),
        [(0, show("hello")), (0, write("one\n")), (0, write("two\n"))]
    );
}

#[test]
fn a_line_never_joins_one_that_went_out_without_newline() {
    let mut bench = Bench::new(true);
    bench.line("one");
    bench.pass(40);
    // The hub has answered, but for all that is known it still waits for the rest of "one".
    bench.bytes("ana | 2026-11-20 10:00 | one\n");
    bench.line("two");
    bench.line("three");
    bench.pass(100);
    assert_eq!(
        bench.take(),
        [
            (0, write("one")),
            (40, show("ana | 2026-11-20 10:00 | one")),
            (50, write("two\n")),
            (50, write("three\n")),
        ]
    );
}

#[test]
fn one_write_is_under_way_at_a_time_and_the_pace_counts_from_its_end() {
    let mut bench = Bench::new(true);
    bench.prompt = false;
    bench.line("one");
    bench.line("two");
    bench.pass(500);
    assert_eq!(bench.take(), [(0, write("one"))]);
    bench.give(Input::Written);
    bench.bytes(&format!("{OLD}one"));
    bench.pass(500);
    assert_eq!(bench.take(), [(530, show(&format!("{OLD}one"))), (550, write("two"))]);
}

#[test]
fn input_waits_when_too_many_lines_do() {
    let mut bench = Bench::new(true);
    let mut taken = 0;
    while bench.session.wants_line() {
        bench.line("x");
        taken += 1;
        assert!(taken <= 2 * WAITING_LINES, "the queue has no bound");
    }
    assert_eq!(taken, WAITING_LINES + 1);
    bench.pass(1000);
    assert!(bench.session.wants_line());
}

#[test]
fn messages_come_apart_at_prefixes_newlines_and_pauses() {
    let mut bench = Bench::new(true);
    bench.bytes(&format!("{OLD}a{OLD}b"));
    bench.pass(29);
    bench.bytes("c");
    bench.pass(29);
    assert_eq!(bench.take(), [(0, show(&format!("{OLD}a")))]);
    bench.pass(1);
    assert_eq!(bench.take(), [(59, show(&format!("{OLD}bc")))]);

    let mut bench = Bench::new(true);
    bench.bytes("ana | x\nmar");
    bench.pass(1000);
    bench.bytes("ia | y\n");
    assert_eq!(bench.take(), [(0, show("ana | x")), (1000, show("maria | y"))]);
    assert_eq!(bench.session.poll_timeout(), None);
}

#[test]
fn what_strangers_send_cannot_move_the_cursor() {
    let mut bench = Bench::new(true);
    bench.bytes("\x1b[2Jx\u{202e}\n");
    let [(_, Output::Show(shown))] = &bench.take()[..] else {
        panic!("one message was sent");
    };
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
    bench.line("/\x1b[2J");
    let [(_, Output::Say(message))] = &bench.take()[..] else {
        panic!("one sentence was expected");
    };
    assert!(!format!("{message:?}").contains("\\u{1b}"), "{message:?}");
}

#[test]
fn commands_stay_here_or_go_to_the_hub_and_are_never_said() {
    let mut bench = Bench::new(true);
    bench.bytes("hi\n");
    bench.take();
    for line in ["/Help", "/nikc x", "/dance", "", "   ", "\t"] {
        bench.line(line);
    }
    assert_eq!(
        bench.keys(),
        ["say-help", "say-unknown-command-suggest", "say-unknown-command"]
    );
    bench.line("/NICK Ana");
    bench.line("//who");
    assert_eq!(bench.take(), [(0, write("/nick Ana\n")), (0, write("//who\n"))]);
}

#[test]
fn an_old_server_is_spared_commands() {
    let mut bench = Bench::new(true);
    bench.bytes(&format!("{OLD}hi"));
    bench.pass(100);
    bench.take();
    bench.line("/who");
    bench.line("/join sala");
    assert_eq!(bench.keys(), ["say-old-server", "say-old-server"]);
    bench.line("//who");
    assert_eq!(bench.take(), [(100, write("/who"))]);
}

#[test]
fn before_anything_is_known_commands_are_passed_on() {
    let mut bench = Bench::new(true);
    bench.line("/nick Ana");
    bench.line("//x");
    bench.pass(1000);
    assert_eq!(bench.take(), [(0, write("/nick Ana")), (1000, write("//x"))]);
}

#[test]
fn lines_above_the_limit_are_refused_and_the_next_is_sent() {
    let mut bench = Bench::new(true);
    bench.bytes("hi\n");
    bench.take();
    bench.line(&"é".repeat(PAYLOAD_BYTES / 2 + 1));
    bench.give(Input::TooLong(1_000_000));
    assert_eq!(bench.keys(), ["say-too-long", "say-too-long"]);
    let most = "é".repeat(PAYLOAD_BYTES / 2);
    bench.line(&most);
    assert_eq!(bench.take(), [(0, write(&format!("{most}\n")))]);
}

#[test]
fn somebody_who_leaves_waits_only_for_what_they_said() {
    for way_out in ["/quit", "/EXIT"] {
        let mut bench = Bench::new(true);
        bench.line("one");
        bench.line("two");
        bench.line(way_out);
        bench.line("never");
        assert!(!bench.session.wants_line());
        bench.pass(60_000);
        assert_eq!(
            bench.take(),
            [
                (0, write("one")),
                (1000, write("two")),
                (1000, Output::End(Ending::Left))
            ]
        );
    }
}

#[test]
fn the_end_of_the_input_waits_for_the_answers() {
    for (answer, quiet) in [(format!("{OLD}one"), 1000), ("ana | one\n".to_owned(), 10_000)] {
        let mut bench = Bench::new(false);
        bench.line("one");
        bench.give(Input::Finished);
        assert_eq!(bench.take(), [(0, write("one")), (0, Output::HalfClose)]);
        bench.pass(500);
        bench.bytes(&answer);
        // Every byte that comes begins the wait anew.
        bench.pass(900);
        bench.bytes(&answer);
        let shown = show(answer.trim_end());
        bench.pass(quiet - 1);
        let got: Vec<Output> = bench.take().into_iter().map(|(_, output)| output).collect();
        assert_eq!(got, [show(answer.trim_end()), shown]);
        bench.pass(1);
        assert_eq!(bench.take(), [(1400 + u128::from(quiet), Output::End(Ending::Left))]);
    }
}

#[test]
fn others_who_go_on_talking_do_not_keep_the_end_from_coming() {
    for (talk, least, most) in [
        (format!("{OLD}x"), 3000, 3000),
        // No more than a part of a message.
        ("x".to_owned(), 3000, 3000),
        // A hub closes by itself.
        ("bia | x\n".to_owned(), 60_000, 70_000),
    ] {
        for every in [20, 900] {
            let mut bench = Bench::new(false);
            bench.line("one");
            bench.give(Input::Finished);
            for _ in 0..60_000 / every {
                bench.pass(every);
                bench.bytes(&talk);
            }
            bench.pass(10_000);
            let ended = bench.take().into_iter().find_map(|(at, output)| {
                let left = output == Output::End(Ending::Left);
                left.then_some(at)
            });
            assert!(
                ended.is_some_and(|at| (least..=most).contains(&at)),
                "{talk:?} every {every} ms: {ended:?}"
            );
        }
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_long() {
    let mut bench = Bench::new(false);
    bench.give(Input::Finished);
    bench.pass(5000);
    assert_eq!(
        bench.take(),
        [(0, Output::HalfClose), (1000, Output::End(Ending::Left))]
    );
}

#[test]
fn a_server_that_closes_first_is_an_error_only_while_there_is_more_to_say() {
    let mut bench = Bench::new(true);
    bench.bytes("half");
    bench.give(Input::Closed);
    assert_eq!(bench.take(), [(0, show("half")), (0, Output::End(Ending::Closed))]);
    bench.line("more");
    bench.give(Input::Closed);
    assert_eq!((bench.take(), bench.session.poll_timeout()), (vec![], None));

    let mut bench = Bench::new(false);
    bench.give(Input::Finished);
    bench.bytes("half");
    bench.give(Input::Closed);
    assert_eq!(
        bench.take(),
        [
            (0, Output::HalfClose),
            (0, show("half")),
            (0, Output::End(Ending::Left))
        ]
    );

    let mut bench = Bench::new(false);
    bench.line("one");
    bench.line("two");
    bench.give(Input::Finished);
    bench.give(Input::Closed);
    assert_eq!(bench.take(), [(0, write("one")), (0, Output::End(Ending::Closed))]);

    let mut bench = Bench::new(false);
    bench.give(Input::Lost("reset".to_owned()));
    assert_eq!(bench.take(), [(0, Output::End(Ending::Lost("reset".to_owned())))]);
}
