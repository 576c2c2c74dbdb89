//! How a batched form takes the calls of another method.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Index, Type};

use super::method::sides;
use super::tuple;
use crate::model::{Batch, Method, Parameter, Returns};

/// A batched form together with the method whose calls it takes.
pub(super) struct Batched<'a> {
    /// The path of the library's private part.
    pub(super) private: &'a TokenStream,
    /// The batched form.
    pub(super) form: &'a Method,
    /// What is said of it.
    pub(super) batch: &'a Batch,
    /// The method whose calls it takes.
    pub(super) single: &'a Method,
    /// The header of the impls: `impl<T>`.
    pub(super) impl_generics: &'a TokenStream,
    /// The type that stands for the batched form, with the bounds of the impls.
    pub(super) marker: &'a TokenStream,
    /// The type that stands for the other method.
    pub(super) single_marker: &'a TokenStream,
}

impl Batched<'_> {
    /// The arguments that are gathered, and those that all calls of a batch have in common.
    fn split(&self) -> (&[Parameter], &[Parameter]) {
        let gathered = self.single.parameters.len() + 1 - self.form.parameters.len();
        self.single.parameters.split_at(gathered)
    }

    /// The impl of `BatchedForm`.
    pub(super) fn expand(&self) -> TokenStream {
        let Self { private, form, impl_generics, marker, single_marker, .. } = self;
        let (gathered, rest) = self.split();
        let item = self.item();
        let rest_types: Vec<&Type> = rest.iter().map(|parameter| &parameter.ty).collect();
        let rest_type = tuple(self.single.list, &rest_types);
        let settings = self.settings();
        let first = (0..gathered.len()).map(Index::from);
        let first = match gathered.len() {
            1 => quote!(__args.0),
            _ => quote!((#(__args.#first,)*)),
        };
        let remaining = (gathered.len()..self.single.parameters.len()).map(Index::from);
        let join = self.join(&item, &rest_types);
        let common = rest_types.iter().enumerate().map(|(place, ty)| {
            let place = Index::from(place);
            quote_spanned! {ty.span()=>
                <#ty as #private::CommonArgument>::is_same(&__one.#place, &__other.#place)
            }
        });
        let copies = rest_types.iter().enumerate().map(|(place, ty)| {
            let place = Index::from(place);
            quote_spanned!(ty.span()=> <#ty as #private::CommonArgument>::copy(&__rest.#place))
        });
        let weight = self.weight();
        let results = self.results();
        let (_, error) = sides(private, &form.returns);
        let (failure, share) = self.failure();
        let has_rest = !rest.is_empty();
        quote! {
            #[automatically_derived]
            #impl_generics #private::BatchedForm for #marker {
                type Single = #single_marker;
                type Item = #item;
                type Rest = #rest_type;

                const SETTINGS: #private::BatchSettings = #settings;
                const HAS_REST: bool = #has_rest;

                #[inline]
                fn split(
                    __args: <Self::Single as #private::Method>::Args,
                ) -> (Self::Item, Self::Rest) {
                    (#first, (#(__args.#remaining,)*))
                }

                #[inline]
                fn join(
                    __items: #private::Vec<Self::Item>,
                    __rest: Self::Rest,
                ) -> <Self as #private::Method>::Args {
                    #join
                }

                fn is_same_rest(__one: &Self::Rest, __other: &Self::Rest) -> bool {
                    let _ = (__one, __other);
                    true #(&& #common)*
                }

                fn copy_rest(__rest: &Self::Rest) -> Self::Rest {
                    let _ = __rest;
                    (#(#copies,)*)
                }

                #weight

                fn batch_abilities() -> #private::BatchAbilities<Self> {
                    use #private::FallbackProbe as _;
                    #private::BatchAbilities {
                        hash_rest: #private::Probe::<#rest_type>::HASH,
                        clone_item: #private::Probe::<#item>::CLONE,
                        blames_items: #private::Probe::<#error>::BLAMES_ARGUMENTS,
                    }
                }

                fn results(
                    __output: <Self as #private::Method>::Output,
                ) -> #private::Vec<#private::ResultOf<Self::Single>> {
                    #results
                }

                fn failure(__error: #error) -> <Self::Single as #private::Method>::Error {
                    #failure
                }

                fn share(
                    __error: #error,
                ) -> #private::SharedBatchError<<Self::Single as #private::Method>::Error> {
                    #share
                }
            }
        }
    }

    /// What one call puts into the vector.
    fn item(&self) -> TokenStream {
        let (gathered, _) = self.split();
        let types: Vec<&Type> = gathered.iter().map(|parameter| &parameter.ty).collect();
        match types.as_slice() {
            [one] => quote!(#one),
            _ => tuple(self.single.list, &types),
        }
    }

    fn settings(&self) -> TokenStream {
        let private = self.private;
        let Batch { max_size, max_wait, bisect, weight, .. } = self.batch;
        let some = |value: Option<TokenStream>| match value {
            Some(value) => quote!(::core::option::Option::Some(#value)),
            None => quote!(::core::option::Option::None),
        };
        let max_size = some(max_size.as_ref().map(|size| quote!(#size)));
        let max_wait = some(max_wait.map(|wait| {
            let (seconds, nanos) = (wait.as_secs(), wait.subsec_nanos());
            quote!(::core::time::Duration::new(#seconds, #nanos))
        }));
        let max_weight = some(weight.as_ref().map(|weight| {
            let most = &weight.most;
            quote!(#most as f64)
        }));
        let limit = weight.as_ref().and_then(|weight| weight.limit.as_ref());
        let limit = some(limit.map(|limit| quote!(#limit)));
        quote! {
            #private::BatchSettings {
                max_size: #max_size,
                max_wait: #max_wait,
                max_weight: #max_weight,
                limit: #limit,
                bisect: #bisect,
            }
        }
    }

    /// The arguments of the batched form. Each conversion is the identity for the right type, and an
    /// error that explains at the type itself for another.
    fn join(&self, item: &TokenStream, rest_types: &[&Type]) -> TokenStream {
        let private = self.private;
        let mut parameters = self.form.parameters.iter();
        let vector = parameters.next().map(|parameter| {
            let ty = &parameter.ty;
            quote_spanned!(ty.span()=> <#ty as #private::BatchItems<#item>>::from_items(__items))
        });
        let rest = parameters.zip(rest_types).enumerate().map(|(place, (parameter, expected))| {
            let (ty, place) = (&parameter.ty, Index::from(place));
            quote_spanned!(ty.span()=> <#ty as #private::SameType<#expected>>::same(__rest.#place))
        });
        quote! {
            let _ = &__rest;
            (#vector, #(#rest,)*)
        }
    }

    fn weight(&self) -> Option<TokenStream> {
        let private = self.private;
        let weight = self.batch.weight.as_ref()?;
        let function = &weight.function;
        let places = (0..self.split().0.len()).map(Index::from);
        Some(quote! {
            fn weight(__args: &<Self::Single as #private::Method>::Args) -> f64 {
                #private::to_weight(#function(#(&__args.#places),*))
            }
        })
    }

    fn results(&self) -> TokenStream {
        let private = self.private;
        let (output, _) = sides(private, &self.form.returns);
        let (single_output, single_error) = sides(private, &self.single.returns);
        let written = match &self.form.returns {
            Returns::Split { output, .. } => output.span(),
            other => other.whole().span(),
        };
        quote_spanned! {written=>
            <#output as #private::BatchResults<#single_output, #single_error>>::into_results(__output)
        }
    }

    /// The bodies of `failure` and `share`.
    fn failure(&self) -> (TokenStream, TokenStream) {
        let private = self.private;
        let (_, error) = sides(private, &self.form.returns);
        let (_, single_error) = sides(private, &self.single.returns);
        let written = match &self.form.returns {
            // It can't fail as a whole.
            Returns::Plain(_) => return (quote!(match __error {}), quote!(match __error {})),
            Returns::Split { error, .. } => error.span(),
            Returns::Alias(whole) => whole.span(),
        };
        let failure = quote_spanned! {written=>
            <#error as #private::SameType<#single_error>>::into_same(__error)
        };
        let share = quote_spanned! {written=>
            #private::SharedBatchError::<#single_error>::new(Self::failure(__error))
        };
        (failure, share)
    }
}

/// What the other method tells of its batched form.
pub(super) fn visit(
    private: &TokenStream,
    marker: &TokenStream,
    conditions: &[Attribute],
) -> TokenStream {
    let found = quote!(::core::option::Option::Some(__visitor.visit::<#marker>()));
    let body = match conditions.is_empty() {
        true => found,
        false => {
            let tokens = conditions.iter().filter_map(|attribute| match &attribute.meta {
                syn::Meta::List(list) => Some(&list.tokens),
                _ => None,
            });
            let tokens: Vec<_> = tokens.collect();
            quote! {
                #[cfg(all(#(#tokens),*))]
                { #found }
                #[cfg(not(all(#(#tokens),*)))]
                { let _ = __visitor; ::core::option::Option::None }
            }
        }
    };
    quote! {
        fn visit_batched_form<__V: #private::BatchedFormVisitor<Self>>(
            __visitor: __V,
        ) -> ::core::option::Option<__V::Output> {
            #body
        }
    }
}
