use super::super::ways::tests::example;
use super::*;
use crate::text::Lang;

fn drawn(trace: &Trace) -> String {
    svg("hand-made <1>, seed 7", trace, &Texts::new(Lang::En))
}

/// Names of elements in order, after every one that was opened was found closed.
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag that ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            seen.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn everybody_and_everything_is_drawn_and_harmless() {
    let svg = drawn(&example());
    let elements = elements(&svg);
    assert_eq!(
        elements.iter().filter(|name| *name == "polygon").count(),
        5,
        "arrows that arrived"
    );
    assert_eq!(svg.matches("class=\"arrow pub lost\"").count(), 1);
    assert_eq!(elements.iter().filter(|name| *name == "circle").count(), 4);
    assert_eq!(svg.matches("class=\"life\"").count(), 3, "n3 takes no part");
    for words in [
        "<title id=\"title\">hand-made &lt;1&gt;, seed 7</title>",
        "<desc id=\"desc\">",
        "n2@&lt;b&gt;&amp;&quot;x&quot;",
        "1 SEND ttl 8",
        "2 PUB ttl 8",
        "1 shows &quot;oi &lt;␛&gt;&quot;",
        "crashes",
        ">52.0<",
        ">4750.0<",
        "prefers-color-scheme: dark",
    ] {
        assert!(svg.contains(words), "{words} in\n{svg}");
    }
    assert!(!svg.contains('\u{1b}') && !svg.contains("<b>"));
}

#[test]
fn time_goes_down_and_silence_is_cut_short() {
    let trace = example();
    let texts = Texts::new(Lang::En);
    let drawing = Drawing::new(&trace, &texts);
    let rows: Vec<usize> = drawing.rows.values().copied().collect();
    assert!(
        rows.windows(2).all(|pair| (22..=64).contains(&(pair[1] - pair[0]))),
        "{rows:?}"
    );
    assert_eq!(drawn(&trace).matches("class=\"silence\"").count(), 1);
}

/// `count` messages from the first to all others.
fn many(messages: usize, actors: usize) -> Trace {
    let hop = |message: usize, to: usize| Hop {
        sent: Instant::from_millis(message as u64 * 100),
        arrived: Some(Instant::from_millis(message as u64 * 100 + to as u64)),
        from: 0,
        to,
        kind: "PUB".to_owned(),
        msg_id: format!("{message:04}"),
        ttl: Some(8),
    };
    Trace {
        names: (0..actors).map(|actor| format!("n{actor}@CIC")).collect(),
        hops: (0..messages)
            .flat_map(|message| (1..actors).map(move |to| hop(message, to)))
            .collect(),
        marks: Vec::new(),
        left_out: 0,
    }
}

#[test]
fn what_is_too_much_is_left_out_and_said() {
    let mut trace = many(SIM_DRAWN_MESSAGES + 1, 3);
    trace.marks.push(Mark {
        at: Instant::from_millis(9000),
        actor: 1,
        msg_id: format!("{SIM_DRAWN_MESSAGES:04}"),
        text: "shows the last".to_owned(),
    });
    let svg = drawn(&trace);
    elements(&svg);
    assert!(svg.contains("12 shows the last"), "what people said comes first\n{svg}");
    assert_eq!(svg.matches("class=\"arrow").count(), SIM_DRAWN_MESSAGES * 2);
    assert!(svg.contains("Only 12 of 13 messages"), "{svg}");
    let svg = drawn(&many(1, SIM_DRAWN_ACTORS + 5));
    assert_eq!(svg.matches("class=\"life\"").count(), SIM_DRAWN_ACTORS);
    assert!(svg.contains("40 of 45"), "{svg}");
    let svg = drawn(&many(SIM_DRAWN_MESSAGES, SIM_DRAWN_ACTORS + 60));
    assert!(svg.matches("class=\"arrow").count() <= SIM_DRAWN_HOPS);
    elements(&drawn(&many(SIM_DRAWN_MESSAGES, SIM_DRAWN_ACTORS)));
}

#[test]
fn an_empty_trace_is_a_drawing_too() {
    elements(&drawn(&Trace::default()));
}
