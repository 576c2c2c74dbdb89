//! Types as a person writes them, for messages.

use quote::ToTokens;

/// The source form of `tokens`: `Vec<&str>`, not `Vec < & str >`.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let mut text = String::with_capacity(spaced.len());
    let mut characters = spaced.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        if character != ' ' || keeps_space(&text, next) {
            text.push(character);
        }
    }
    text
}

/// Whether people leave a space between `before` and `after`: between words, after a separator,
/// around a plus or an equals sign.
fn keeps_space(before: &str, after: char) -> bool {
    let last = before.chars().next_back().unwrap_or(' ');
    is_word(last) && is_word(after)
        || ",;+=".contains(last)
        || "+=".contains(after)
        || before.ends_with("mut")
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '\''
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn types_read_as_they_are_written() {
        for text in [
            "Vec<&str>",
            "&mut [u8; 4]",
            "(u8, &'a dyn Fn)",
            "a::b::C<D, E>",
            "Box<dyn Error + Send>",
            "Box<dyn Iterator<Item = u8>>",
        ] {
            let ty: syn::Type = syn::parse_str(text).unwrap();
            assert_eq!(written(ty), text);
        }
    }
}
