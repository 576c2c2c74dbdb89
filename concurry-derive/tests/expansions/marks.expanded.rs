impl Llm {
    #[cfg(feature = "chat")]
    #[deprecated = "use `embed`"]
    #[must_use]
    pub fn chat(&self, prompt: String) -> String {
        prompt
    }
    pub fn length(&self, prompt: &str) -> usize {
        prompt.len()
    }
    fn chat_batch(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }
    #[inline]
    pub fn r#type(&self) {}
}
#[allow(
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction,
    dead_code,
    non_camel_case_types,
    unreachable_pub,
)]
const _: () = {
    #[cfg(feature = "chat")]
    pub struct __chat<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[cfg(feature = "chat")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::Method for __chat<Llm> {
            type Worker = Llm;
            type Args = (String,);
            type Output = String;
            type Error = ::concurry::__private::Infallible;
            type Shape = ::concurry::__private::SyncRef;
            const SPEC: ::concurry::__private::MethodSpec = {
                const _: () = {
                    use ::concurry::__private::FallbackProbe as _;
                    ::core::assert!(
                        ! ::concurry::__private::Probe:: < String > ::IS_RESULT,
                        "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                    );
                };
                ::concurry::__private::MethodSpec {
                    worker: "Llm",
                    name: "chat",
                    index: 0usize,
                    exclusive: false,
                    asynchronous: false,
                    uses_context: false,
                    idempotent: true,
                    pure: true,
                }
            };
            fn abilities() -> ::concurry::__private::Abilities<Self> {
                use ::concurry::__private::FallbackProbe as _;
                ::concurry::__private::Abilities {
                    clone_args: ::concurry::__private::Probe::<(String,)>::CLONE,
                    verdict: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::VERDICT,
                    describe: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::DISPLAY,
                }
            }
            fn visit_batched_form<__V: ::concurry::__private::BatchedFormVisitor<Self>>(
                __visitor: __V,
            ) -> ::core::option::Option<__V::Output> {
                ::core::option::Option::Some(__visitor.visit::<__chat_batch<Llm>>())
            }
        }
        #[automatically_derived]
        impl ::concurry::__private::Idempotent for __chat<Llm> {}
        #[automatically_derived]
        impl ::concurry::__private::Batchable for __chat<Llm> {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::concurry::__private::RunRef for __chat<Llm> {
            #[inline]
            fn run(
                __worker: &Self::Worker,
                __context: &::concurry::__private::CallContext,
                __args: Self::Args,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                ::core::result::Result::Ok(<Llm>::chat(__worker, __args.0))
            }
        }
    };
    struct __chat_batch<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __chat_batch<Llm> {
        type Worker = Llm;
        type Args = (Vec<String>,);
        type Output = Vec<String>;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < Vec < String > > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Llm",
                name: "chat_batch",
                index: 0usize + (::core::cfg!(all(feature = "chat")) as usize),
                exclusive: false,
                asynchronous: false,
                uses_context: false,
                idempotent: false,
                pure: false,
            }
        };
        const INTERNAL: bool = true;
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<(Vec<String>,)>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __chat_batch<Llm> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Llm>::chat_batch(__worker, __args.0))
        }
    }
    #[cfg(feature = "chat")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::BatchedForm for __chat_batch<Llm> {
            type Single = __chat<Llm>;
            type Item = String;
            type Rest = ();
            const SETTINGS: ::concurry::__private::BatchSettings = ::concurry::__private::BatchSettings {
                max_size: ::core::option::Option::Some(64),
                max_wait: ::core::option::Option::Some(
                    ::core::time::Duration::new(0u64, 5000000u32),
                ),
                max_weight: ::core::option::Option::None,
                limit: ::core::option::Option::None,
                bisect: false,
            };
            const HAS_REST: bool = false;
            #[inline]
            fn split(
                __args: <Self::Single as ::concurry::__private::Method>::Args,
            ) -> (Self::Item, Self::Rest) {
                (__args.0, ())
            }
            #[inline]
            fn join(
                __items: ::concurry::__private::Vec<Self::Item>,
                __rest: Self::Rest,
            ) -> <Self as ::concurry::__private::Method>::Args {
                let _ = &__rest;
                (
                    <Vec<
                        String,
                    > as ::concurry::__private::BatchItems<String>>::from_items(__items),
                )
            }
            fn is_same_rest(__one: &Self::Rest, __other: &Self::Rest) -> bool {
                let _ = (__one, __other);
                true
            }
            fn copy_rest(__rest: &Self::Rest) -> Self::Rest {
                let _ = __rest;
                ()
            }
            fn batch_abilities() -> ::concurry::__private::BatchAbilities<Self> {
                use ::concurry::__private::FallbackProbe as _;
                ::concurry::__private::BatchAbilities {
                    hash_rest: ::concurry::__private::Probe::<()>::HASH,
                    clone_item: ::concurry::__private::Probe::<String>::CLONE,
                }
            }
            fn results(
                __output: <Self as ::concurry::__private::Method>::Output,
            ) -> ::concurry::__private::Vec<
                ::concurry::__private::ResultOf<Self::Single>,
            > {
                <Vec<
                    String,
                > as ::concurry::__private::BatchResults<
                    String,
                    ::concurry::__private::Infallible,
                >>::into_results(__output)
            }
            fn failure(
                __error: ::concurry::__private::Infallible,
            ) -> <Self::Single as ::concurry::__private::Method>::Error {
                match __error {}
            }
            fn share(
                __error: ::concurry::__private::Infallible,
            ) -> ::concurry::__private::SharedBatchError<
                <Self::Single as ::concurry::__private::Method>::Error,
            > {
                match __error {}
            }
        }
    };
    pub struct __type<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __type<Llm> {
        type Worker = Llm;
        type Args = ();
        type Output = ();
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Llm",
            name: "type",
            index: 1usize + (::core::cfg!(all(feature = "chat")) as usize),
            exclusive: false,
            asynchronous: false,
            uses_context: false,
            idempotent: false,
            pure: false,
        };
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<()>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __type<Llm> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Llm>::r#type(__worker))
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for Llm {
        type Handle = LlmHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Llm>::SEND,
                sync: ::concurry::__private::Probe::<Llm>::SYNC,
            }
        };
        const METHODS: usize = 2usize + (::core::cfg!(all(feature = "chat")) as usize);
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            #[cfg(feature = "chat")] __visitor.visit::<__chat<Llm>>();
            __visitor.visit::<__chat_batch<Llm>>();
            __visitor.visit::<__type<Llm>>();
        }
    }
    fn __constructor(
        worker: Llm,
    ) -> ::concurry::__private::Constructor<Llm, ::concurry::__private::Infallible> {
        ::concurry::__private::Constructor::blocking(worker, ::core::result::Result::Ok)
    }
    impl LlmHandle {
        ///Calls `Llm::chat` on a worker of the pool.
        #[cfg(feature = "chat")]
        #[deprecated = "use `embed`"]
        #[must_use]
        #[inline]
        pub fn chat(
            &self,
            prompt: String,
        ) -> ::concurry::__private::TaskFuture<
            String,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__chat<Llm>>((prompt,))
        }
        ///Calls `Llm::type` on a worker of the pool.
        #[inline]
        pub fn r#type(
            &self,
        ) -> ::concurry::__private::TaskFuture<(), ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self).call::<__type<Llm>>(())
        }
    }
    impl LlmOptions {
        ///Sets options of `chat` alone.
        #[cfg(feature = "chat")]
        pub fn on_chat(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__chat<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__chat<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__chat<Llm>>(configure);
            self
        }
        ///Sets options of `type` alone.
        pub fn on_type(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__type<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__type<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__type<Llm>>(configure);
            self
        }
        ///Starts the pool, and waits until all of its workers are built.
        ///
        ///Each worker starts with a clone of `worker`.
        ///
        /// # Errors
        ///
        /// What the constructor of a worker reports, or options that contradict each other.
        pub fn init(
            self,
            worker: Llm,
        ) -> ::core::result::Result<
            LlmHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init(__constructor(worker))
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts the pool, and waits for its workers without blocking the thread.
        ///
        ///Each worker starts with a clone of `worker`.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            self,
            worker: Llm,
        ) -> ::core::result::Result<
            LlmHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor(worker))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    impl Llm {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> LlmOptions {
            ::concurry::__private::WorkerOptions::__from_options(
                ::concurry::__private::Options::new(mode, max_workers),
            )
        }
        ///Starts a pool with the type's own options, and waits until all of its workers are built.
        ///
        ///Each worker starts with a clone of `worker`.
        ///
        /// # Errors
        ///
        /// What the constructor of a worker reports, or options that contradict each other.
        pub fn init(
            worker: Llm,
        ) -> ::core::result::Result<
            LlmHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Llm>::from_defaults()
                .init(__constructor(worker))
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts a pool with the type's own options, and waits for its workers without blocking the thread.
        ///
        ///Each worker starts with a clone of `worker`.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            worker: Llm,
        ) -> ::core::result::Result<
            LlmHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Llm>::from_defaults()
                .init_async(__constructor(worker))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
