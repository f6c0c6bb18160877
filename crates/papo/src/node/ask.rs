//! Questions to somebody who started a node without saying who they are.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::config::{self, Answers, Defaults};
use crate::error::Failure;
use crate::terminal::{Typed, read_line};
use crate::text::{Message, Texts};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 1024;

/// Asks the person at the terminal for namespace, name, port and lease.
///
/// # Errors
///
/// When there is no terminal to ask at, or no answer.
pub(crate) fn ask(defaults: Defaults, texts: &Texts) -> Result<Answers, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(Message::new("error-peer-nameless")));
    }
    Questions {
        input: io::stdin().lock(),
        output: io::stderr(),
        texts,
    }
    .ask(defaults)
}

struct Questions<'a, R, W> {
    input: R,
    output: W,
    texts: &'a Texts,
}

impl<R: BufRead, W: Write> Questions<'_, R, W> {
    fn ask(mut self, defaults: Defaults) -> Result<Answers, Failure> {
        self.tell(&Message::new("peer-ask-intro"))?;
        let namespace = self.question(&Message::new("peer-ask-namespace"), None, config::own_name)?;
        let name = self.question(&Message::new("peer-ask-name"), None, config::own_name)?;
        let port = Message::new("peer-ask-port").showing("default", defaults.port);
        let port = self.question(&port, Some(defaults.port), config::port)?;
        let lease = Message::new("peer-ask-lease").showing("default", defaults.lease_secs);
        let lease_secs = self.question(&lease, Some(defaults.lease_secs), config::lease)?;
        Ok(Answers {
            peer_id: config::peer_of(&name, &namespace).map_err(Failure::usage)?,
            port,
            lease_secs,
        })
    }

    /// Asks until the answer makes sense. An empty one is the default, where there is one.
    fn question<T>(
        &mut self,
        question: &Message,
        default: Option<T>,
        read: impl Fn(&str) -> Result<T, Message>,
    ) -> Result<T, Failure> {
        loop {
            write!(self.output, "{}", self.texts.say(question))
                .and_then(|()| write!(self.output, " "))
                .and_then(|()| self.output.flush())
                .map_err(Failure::unexpected)?;
            let reason = match read_line(&mut self.input, ANSWER_BYTES).map_err(Failure::unexpected)? {
                Typed::Line(line) => match (line.trim(), default.is_some()) {
                    ("", true) => break,
                    (answer, _) => match read(answer) {
                        Ok(value) => return Ok(value),
                        Err(reason) => reason,
                    },
                },
                Typed::TooLong(_) => Message::new("name-too-long").with("limit", ANSWER_BYTES),
                // Ctrl-D: whoever does not want to answer has to say it otherwise.
                _ => {
                    self.tell(&Message::new("peer-ask-end"))?;
                    return Err(Failure::usage(Message::new("error-peer-nameless")));
                }
            };
            self.tell(&Message::new("peer-ask-again").with("reason", reason))?;
        }
        default.ok_or_else(|| Failure::usage(Message::new("error-peer-nameless")))
    }

    fn tell(&mut self, message: &Message) -> Result<(), Failure> {
        writeln!(self.output, "{}", self.texts.say(message)).map_err(Failure::unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    const DEFAULTS: Defaults = Defaults {
        port: 7070,
        lease_secs: 7200,
    };

    /// What came of these lines, and what stood on the terminal besides them.
    fn asked(typed: &str, lang: Lang) -> (Result<Answers, Failure>, String) {
        let mut output = Vec::new();
        let questions = Questions {
            input: typed.as_bytes(),
            output: &mut output,
            texts: &Texts::new(lang),
        };
        let answers = questions.ask(DEFAULTS);
        (answers, String::from_utf8(output).unwrap())
    }

    #[test]
    fn an_empty_answer_is_the_default() {
        for lang in [Lang::En, Lang::PtBr] {
            let (answers, said) = asked("CIC\nalice\n\n\n", lang);
            let expected = Answers {
                peer_id: "alice@CIC".parse().unwrap(),
                port: 7070,
                lease_secs: 7200,
            };
            assert_eq!(answers, Ok(expected));
            assert!(said.contains("7070") && said.contains("7200"), "{said}");
        }
        let (answers, _) = asked(" UnB \r\n bob\t\n 5001 \n60\n", Lang::En);
        let answers = answers.unwrap();
        assert_eq!(
            (answers.peer_id.as_str(), answers.port, answers.lease_secs),
            ("bob@UnB", 5001, 60)
        );
    }

    #[test]
    fn what_makes_no_sense_is_explained_and_asked_again() {
        let long = "x".repeat(2000);
        let typed = format!("\na b\n{long}\nCIC\nali@ce\nalice\n70000\n0\n0\n86401\nsoon\n86400\n");
        for (lang, hints) in [
            (Lang::En, ["is empty", "space", "“@”", "65535", "86400"]),
            (Lang::PtBr, ["está vazio", "espaço", "“@”", "65535", "86400"]),
        ] {
            let (answers, said) = asked(&typed, lang);
            let answers = answers.unwrap();
            assert_eq!(
                (answers.peer_id.as_str(), answers.port, answers.lease_secs),
                ("alice@CIC", 0, 86_400)
            );
            for hint in hints {
                assert!(said.contains(hint), "no {hint} in: {said}");
            }
        }
    }

    #[test]
    fn an_end_without_answers_shows_how_to_do_without_questions() {
        for typed in ["", "CIC\n", "CIC\nalice\n"] {
            let (answers, _) = asked(typed, Lang::En);
            let failure = answers.unwrap_err();
            assert!(failure.to_string().contains("papo peer alice@CIC"), "{failure}");
        }
    }
}
