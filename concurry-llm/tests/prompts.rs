//! Prompts: what parses, what is missing, and where.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use concurry_llm::{Language, Prompt, PromptEnvironment, PromptError, context, minijinja};
use minijinja::Value;

fn fails(source: &str, values: Value) -> String {
    Prompt::new(source).unwrap().render(values).unwrap_err().to_string()
}

#[test]
fn a_mistake_is_found_at_once_with_its_line_and_column() {
    for (source, place) in [
        ("{{ name", "line 1, column "),
        ("Hello\n  {% if x %}never ends", "line 2, column "),
        ("a\nb\n{{ 1 + }}", "line 3, column 8"),
        ("ä ö {% nonsense %}", "line 1, column 8"),
    ] {
        let error = Prompt::new(source).unwrap_err();
        assert!(matches!(error, PromptError::Syntax { .. }));
        let text = error.to_string();
        assert!(text.starts_with("prompt, ") && text.contains(place), "{source}: {text}");
    }
}

#[test]
fn missing_variables_are_named_all_at_once() {
    let source = "Dear {{ name }},\nyou are {{ age }} {{ unit | default('years') }} old.";
    assert_eq!(
        fails(source, context! {}),
        "prompt, line 1, column 9: `age`, `name`, `unit` are missing"
    );
    assert_eq!(
        fails(source, context! { name => "Ada" }),
        "prompt, line 2, column 12: `age`, `unit` are missing"
    );
}

#[test]
fn a_missing_part_of_a_value_is_named() {
    let text = fails("{{ user.city }}", context! { user => context! { name => "Ada" } });
    assert_eq!(text, "prompt, line 1, column 4: `user.city` is missing");
}

#[test]
fn what_has_a_default_or_is_asked_about_need_not_be_given() {
    let prompt =
        Prompt::new("{{ a | default('x') }}{% if b is defined %}{{ b }}{% endif %}").unwrap();
    assert_eq!(prompt.render(context! {}).unwrap(), "x");
    assert_eq!(prompt.variables(), ["a", "b"]);
}

#[test]
fn what_is_set_inside_is_no_variable() {
    let prompt =
        Prompt::new("{% set a = 1 %}{% for i in items %}{{ a + i }} {% endfor %}").unwrap();
    assert_eq!(prompt.variables(), ["items"]);
    assert_eq!(prompt.render(context! { items => [1, 2] }).unwrap(), "2 3 ");
}

#[test]
fn nothing_is_escaped_and_values_are_no_templates() {
    let prompt = Prompt::new("{{ code }}").unwrap();
    let code = "<b>\"{{ secret }}\"</b>";
    assert_eq!(prompt.render(context! { code }).unwrap(), code);
}

#[test]
fn a_filter_that_fails_says_where() {
    let text = fails("a\n{{ 1 | nothing }}", context! {});
    assert!(text.starts_with("prompt, line 2, column 8: unknown filter"), "{text}");
}

#[test]
fn files_are_read_and_named_in_errors() {
    let folder = std::env::temp_dir().join(format!("concurry-prompts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("judge.txt");
    std::fs::write(&path, "Who wins, {{ a }} or {{ b }}?\n").unwrap();
    let prompt = Prompt::from_file(&path).unwrap();
    assert_eq!(prompt.render(context! { a => 1, b => 2 }).unwrap(), "Who wins, 1 or 2?");
    let text = prompt.render(context! { a => 1 }).unwrap_err().to_string();
    assert!(text.contains("judge.txt, line 1, column "), "{text}");
    std::fs::write(&path, "Who?\r\n").unwrap();
    assert_eq!(Prompt::from_file(&path).unwrap().render(context! {}).unwrap(), "Who?");
    std::fs::write(&path, b"\xff\xfe").unwrap();
    assert!(matches!(Prompt::from_file(&path), Err(PromptError::File { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
    let missing = Prompt::from_file(&path).unwrap_err();
    assert!(missing.to_string().contains("judge.txt"), "{missing}");
}

#[test]
fn an_environment_is_shared_as_it_was_when_the_prompt_was_made() {
    let shared = PromptEnvironment::new().global("city", "Paris");
    let prompt = shared.prompt("{{ city }} {{ name }}").unwrap();
    let later = shared.global("city", "Rome");
    assert_eq!(prompt.variables(), ["name"]);
    assert_eq!(prompt.render(context! { name => "A" }).unwrap(), "Paris A");
    assert_eq!(prompt.render(context! { name => "A", city => "Oslo" }).unwrap(), "Oslo A");
    assert_eq!(later.prompt("{{ city }}").unwrap().render(context! {}).unwrap(), "Rome");
}

#[test]
fn an_included_template_is_named_in_errors() {
    let shared = PromptEnvironment::new().template("tone", "Be\n{{ tone }}.").unwrap();
    let prompt = shared.prompt("{% include 'tone' %}").unwrap();
    let text = prompt.render(context! {}).unwrap_err().to_string();
    assert!(text.contains("tone, line 2, column 4"), "{text}");
    assert!(shared.template("bad", "{{").unwrap_err().to_string().starts_with("bad, line 1"));
}

#[test]
fn a_template_may_have_any_name() {
    let shared = PromptEnvironment::new().template("prompt", "Be brief.").unwrap();
    let prompt = shared.prompt("{% include 'prompt' %} {{ why }}").unwrap();
    assert_eq!(prompt.render(context! { why => "Why?" }).unwrap(), "Be brief. Why?");
    let text = prompt.render(context! {}).unwrap_err().to_string();
    assert!(text.starts_with("this prompt, line 1"), "{text}");
}

#[test]
fn parts_keep_their_environments_and_never_become_one_template() {
    let english = PromptEnvironment::new().global("word", "yes").prompt("{{ word }} {").unwrap();
    let french =
        PromptEnvironment::new().global("word", "oui").prompt("{ word }} {{ word }}").unwrap();
    assert_eq!((english + french).render(context! {}).unwrap(), "yes {{ word }} oui");
}

#[test]
fn languages_are_those_of_iso_639() {
    let of = |code: &str| Prompt::text("x").language(code).map(|prompt| prompt.languages());
    assert_eq!(of("en").unwrap(), [Language::Eng]);
    assert_eq!(of("fra").unwrap(), [Language::Fra]);
    assert_eq!(of("pt-BR").unwrap(), [Language::Por]);
    for code in ["", "xx", "english", "en2"] {
        assert!(matches!(of(code), Err(PromptError::Language { .. })), "{code}");
    }
    let (english, german) = (Prompt::text("a").language("en"), Prompt::text("b").language("de"));
    let mixed = english.unwrap() + "neutral" + german.unwrap();
    assert!(mixed.is_mixed());
    assert_eq!(mixed.languages(), [Language::Eng, Language::Deu]);
    assert!(!mixed.language("en").unwrap().is_mixed());
}

#[cfg(feature = "tracing")]
#[test]
fn putting_languages_together_is_a_warning() {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let english = Prompt::text("a").language("en").unwrap();
        let german = Prompt::text("b").language("de").unwrap();
        let mixed = english.clone() + english + german;
        drop(mixed + "c"); // it is mixed already
    });
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.matches("WARN").count(), 1, "{lines}");
    assert!(lines.contains("eng, deu"), "{lines}");
}
