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
    pub struct __chat_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[cfg(feature = "chat")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::Method for __chat_method<Llm> {
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
                    wires: ::concurry::__private::MethodWires {
                        arguments: ::concurry::__private::Probe::<(String,)>::ARGUMENTS,
                        output: ::concurry::__private::Probe::<String>::CARRY,
                        error: ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::CARRY,
                        error_text: ::concurry::__private::error_text(
                            ::concurry::__private::Probe::<
                                ::concurry::__private::Infallible,
                            >::ERROR_TEXT,
                            ::concurry::__private::Probe::<
                                ::concurry::__private::Infallible,
                            >::AS_ERROR_TEXT,
                            ::concurry::__private::Probe::<
                                ::concurry::__private::Infallible,
                            >::DISPLAY_TEXT,
                            ::concurry::__private::Probe::<
                                ::concurry::__private::Infallible,
                            >::DEBUG_TEXT,
                        ),
                        types: |__see| {
                            __see(
                                ::core::any::type_name::<String>(),
                                ::concurry::__private::Probe::<String>::CARRY.is_some(),
                            );
                            __see(
                                ::core::any::type_name::<String>(),
                                ::concurry::__private::Probe::<String>::CARRY.is_some(),
                            );
                        },
                    },
                }
            }
        }
        #[automatically_derived]
        impl ::concurry::__private::Idempotent for __chat_method<Llm> {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::concurry::__private::RunRef for __chat_method<Llm> {
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
    pub struct __type_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __type_method<Llm> {
        type Worker = Llm;
        type Args = ();
        type Output = ();
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Llm",
            name: "type",
            index: 0usize + (::core::cfg!(all(feature = "chat")) as usize),
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
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<()>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<()>::CARRY,
                    error: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<()>(),
                            ::concurry::__private::Probe::<()>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __type_method<Llm> {
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
        const METHODS: usize = 1usize + (::core::cfg!(all(feature = "chat")) as usize);
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            #[cfg(feature = "chat")] __visitor.visit::<__chat_method<Llm>>();
            __visitor.visit::<__type_method<Llm>>();
        }
    }
    fn __constructor(
        worker: Llm,
    ) -> ::concurry::__private::Constructor<Llm, ::concurry::__private::Infallible> {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < Llm > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        #[cfg(feature = "chat")]
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        #[cfg(feature = "chat")]
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < () > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::blocking(
            worker,
            ::concurry::__private::ConstructorWires {
                parameters: ::concurry::__private::Probe::<Llm>::CARRY,
                error: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::CARRY,
                error_text: ::concurry::__private::error_text(
                    ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::ERROR_TEXT,
                    ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::AS_ERROR_TEXT,
                    ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::DISPLAY_TEXT,
                    ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::DEBUG_TEXT,
                ),
            },
            ::core::result::Result::Ok,
        )
    }
    impl Llm {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Llm,
                Llm,
                ::concurry::__private::Infallible,
            >(
                ::concurry::__private::ConstructorWires {
                    parameters: ::concurry::__private::Probe::<Llm>::CARRY,
                    error: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<
                            ::concurry::__private::Infallible,
                        >::DEBUG_TEXT,
                    ),
                },
                |__parameters| __constructor(__parameters),
            )
        }
    }
    ::concurry::__private::register! {
        Llm
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
                .call::<__chat_method<Llm>>((prompt,))
        }
        ///Calls `Llm::type` on a worker of the pool.
        #[inline]
        pub fn r#type(
            &self,
        ) -> ::concurry::__private::TaskFuture<(), ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__type_method<Llm>>(())
        }
    }
    impl LlmOptions {
        ///Sets options of `chat` alone.
        #[cfg(feature = "chat")]
        pub fn on_chat(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__chat_method<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__chat_method<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__chat_method<Llm>>(configure);
            self
        }
        ///Sets options of `type` alone.
        pub fn on_type(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__type_method<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__type_method<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__type_method<Llm>>(configure);
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
    #[cfg(feature = "chat")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::LazyMethod for __chat_method<Llm> {
            type Inputs = (::concurry::__private::Argument<String>,);
            fn traits() -> ::concurry::__private::MethodTraits<Self> {
                use ::concurry::__private::LazyFallbackProbe as _;
                ::concurry::__private::MethodTraits {
                    clone_output: ::concurry::__private::LazyProbe::<String>::CLONE,
                    erase_error: ::concurry::__private::LazyProbe::<
                        ::concurry::__private::Infallible,
                    >::ERASER,
                    comparers: (
                        ::concurry::__private::either(
                            ::concurry::__private::LazyProbe::<String>::COMPARER,
                            ::concurry::__private::LazyProbe::<String>::WRITTEN,
                        ),
                    ),
                    record: ::concurry::__private::LazyProbe::<String>::RECORD,
                    key: ::concurry::__private::LazyProbe::<(String,)>::KEY,
                }
            }
        }
    };
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __type_method<Llm> {
        type Inputs = ();
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<()>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    ::concurry::__private::Infallible,
                >::ERASER,
                comparers: (),
                record: ::concurry::__private::LazyProbe::<()>::RECORD,
                key: ::concurry::__private::LazyProbe::<()>::KEY,
            }
        }
    }
    impl LlmLazy {
        ///A call of `Llm::chat` as a node of a graph.
        #[cfg(feature = "chat")]
        #[deprecated = "use `embed`"]
        #[must_use]
        pub fn chat(
            &self,
            prompt: impl ::concurry::__private::IntoNode<String>,
        ) -> ::concurry::__private::Lazy<String> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __chat_method<Llm>,
                >((::concurry::__private::IntoNode::<String>::into_argument(prompt),))
        }
        ///A call of `Llm::type` as a node of a graph.
        pub fn r#type(&self) -> ::concurry::__private::Lazy<()> {
            ::concurry::__private::LazyTwin::__pool(self).call::<__type_method<Llm>>(())
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
