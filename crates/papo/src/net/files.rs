//! How many files this process may have open.

use crate::text::{Message, Texts};

/// Raises the soft limit to `wanted`, as far as the hard limit goes, and tells when that is not far enough. Every
/// connection is a file, and the usual soft limit of 1024 is for programs that still use `select`.
pub(crate) fn raise(wanted: usize, texts: &Texts) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let wanted = wanted as u64;
        let limit = getrlimit(Resource::Nofile);
        if limit.current.is_none_or(|current| current >= wanted) {
            return;
        }
        let raised = limit.maximum.map_or(wanted, |most| wanted.min(most));
        let set = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(raised),
                maximum: limit.maximum,
            },
        );
        let got = if set.is_ok() {
            raised
        } else {
            limit.current.unwrap_or(0)
        };
        if got < wanted {
            let message = Message::new("serve-few-files").with("got", got).with("wanted", wanted);
            eprintln!("papo: {}", texts.say(&message));
        }
    }
}
