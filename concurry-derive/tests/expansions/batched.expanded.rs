impl Llm {
    pub async fn complete(
        &self,
        prompt: String,
        temperature: f32,
    ) -> Result<String, LlmError> {
        Ok(prompt)
    }
    async fn complete_batch(
        &self,
        ctx: &CallContext,
        prompts: Vec<String>,
        temperature: f32,
    ) -> Result<Vec<Result<String, LlmError>>, LlmError> {
        Ok(prompts)
    }
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
    pub struct __complete_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __complete_method<Llm> {
        type Worker = Llm;
        type Args = (String, f32);
        type Output = String;
        type Error = LlmError;
        type Shape = ::concurry::__private::AsyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Llm",
            name: "complete",
            index: 0usize,
            exclusive: false,
            asynchronous: true,
            uses_context: false,
            idempotent: false,
            pure: false,
        };
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<(String, f32)>::CLONE,
                verdict: ::concurry::__private::Probe::<LlmError>::VERDICT,
                describe: ::concurry::__private::Probe::<LlmError>::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<(String, f32)>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<String>::CARRY,
                    error: ::concurry::__private::Probe::<LlmError>::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<LlmError>::ERROR_TEXT,
                        ::concurry::__private::Probe::<LlmError>::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<LlmError>::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<LlmError>::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<String>(),
                            ::concurry::__private::Probe::<String>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<f32>(),
                            ::concurry::__private::Probe::<f32>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<String>(),
                            ::concurry::__private::Probe::<String>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
        fn visit_batched_form<__V: ::concurry::__private::BatchedFormVisitor<Self>>(
            __visitor: __V,
        ) -> ::core::option::Option<__V::Output> {
            ::core::option::Option::Some(
                __visitor.visit::<__complete_batch_method<Llm>>(),
            )
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Batchable for __complete_method<Llm> {}
    #[automatically_derived]
    impl ::concurry::__private::StartRef for __complete_method<Llm> {
        type Raw = Result<String, LlmError>;
        #[inline]
        fn start(
            __worker: &Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            ::core::mem::drop(__context);
            <Llm>::complete(__worker, __args.0, __args.1)
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            <Result<
                String,
                LlmError,
            > as ::concurry::__private::Outcome>::into_result(__raw)
        }
    }
    struct __complete_batch_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __complete_batch_method<Llm> {
        type Worker = Llm;
        type Args = (Vec<String>, f32);
        type Output = Vec<Result<String, LlmError>>;
        type Error = LlmError;
        type Shape = ::concurry::__private::AsyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Llm",
            name: "complete_batch",
            index: 1usize,
            exclusive: false,
            asynchronous: true,
            uses_context: true,
            idempotent: false,
            pure: false,
        };
        const INTERNAL: bool = true;
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<(Vec<String>, f32)>::CLONE,
                verdict: ::concurry::__private::Probe::<LlmError>::VERDICT,
                describe: ::concurry::__private::Probe::<LlmError>::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<
                        (Vec<String>, f32),
                    >::ARGUMENTS,
                    output: ::concurry::__private::Probe::<
                        Vec<Result<String, LlmError>>,
                    >::CARRY,
                    error: ::concurry::__private::Probe::<LlmError>::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<LlmError>::ERROR_TEXT,
                        ::concurry::__private::Probe::<LlmError>::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<LlmError>::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<LlmError>::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<Vec<String>>(),
                            ::concurry::__private::Probe::<Vec<String>>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<f32>(),
                            ::concurry::__private::Probe::<f32>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<Vec<Result<String, LlmError>>>(),
                            ::concurry::__private::Probe::<
                                Vec<Result<String, LlmError>>,
                            >::CARRY
                                .is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::StartRef for __complete_batch_method<Llm> {
        type Raw = Result<Vec<Result<String, LlmError>>, LlmError>;
        #[inline]
        fn start(
            __worker: &Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            async move {
                <Llm>::complete_batch(__worker, &__context, __args.0, __args.1).await
            }
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            <Result<
                Vec<Result<String, LlmError>>,
                LlmError,
            > as ::concurry::__private::Outcome>::into_result(__raw)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::BatchedForm for __complete_batch_method<Llm> {
        type Single = __complete_method<Llm>;
        type Item = String;
        type Rest = (f32,);
        const SETTINGS: ::concurry::__private::BatchSettings = ::concurry::__private::BatchSettings {
            max_size: ::core::option::Option::Some(64),
            max_wait: ::core::option::Option::Some(
                ::core::time::Duration::new(0u64, 5000000u32),
            ),
            max_weight: ::core::option::Option::None,
            limit: ::core::option::Option::None,
            bisect: true,
        };
        const HAS_REST: bool = true;
        #[inline]
        fn split(
            __args: <Self::Single as ::concurry::__private::Method>::Args,
        ) -> (Self::Item, Self::Rest) {
            (__args.0, (__args.1,))
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
                <f32 as ::concurry::__private::SameType<f32>>::same(__rest.0),
            )
        }
        fn is_same_rest(__one: &Self::Rest, __other: &Self::Rest) -> bool {
            let _ = (__one, __other);
            true
                && <f32 as ::concurry::__private::CommonArgument>::is_same(
                    &__one.0,
                    &__other.0,
                )
        }
        fn copy_rest(__rest: &Self::Rest) -> Self::Rest {
            let _ = __rest;
            (<f32 as ::concurry::__private::CommonArgument>::copy(&__rest.0),)
        }
        fn batch_abilities() -> ::concurry::__private::BatchAbilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::BatchAbilities {
                hash_rest: ::concurry::__private::Probe::<(f32,)>::HASH,
                clone_item: ::concurry::__private::Probe::<String>::CLONE,
                blames_items: ::concurry::__private::Probe::<LlmError>::BLAMES_ARGUMENTS,
            }
        }
        fn results(
            __output: <Self as ::concurry::__private::Method>::Output,
        ) -> ::concurry::__private::Vec<::concurry::__private::ResultOf<Self::Single>> {
            <Vec<
                Result<String, LlmError>,
            > as ::concurry::__private::BatchResults<
                String,
                LlmError,
            >>::into_results(__output)
        }
        fn failure(
            __error: LlmError,
        ) -> <Self::Single as ::concurry::__private::Method>::Error {
            <LlmError as ::concurry::__private::SameType<LlmError>>::into_same(__error)
        }
        fn share(
            __error: LlmError,
        ) -> ::concurry::__private::SharedBatchError<
            <Self::Single as ::concurry::__private::Method>::Error,
        > {
            ::concurry::__private::SharedBatchError::<
                LlmError,
            >::new(Self::failure(__error))
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
        const METHODS: usize = 2usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__complete_method<Llm>>();
            __visitor.visit::<__complete_batch_method<Llm>>();
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
                ::concurry::__private::Probe:: < f32 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
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
                ::concurry::__private::Probe:: < Vec < String > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < f32 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Llm, _ > (&
                ::concurry::__private::Probe:: < Vec < Result < String, LlmError > > >
                ::CARRY),
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
        ///Calls `Llm::complete` on a worker of the pool.
        #[inline]
        pub fn complete(
            &self,
            prompt: String,
            temperature: f32,
        ) -> ::concurry::__private::TaskFuture<String, LlmError> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__complete_method<Llm>>((prompt, temperature))
        }
    }
    impl LlmOptions {
        ///Sets options of `complete` alone.
        pub fn on_complete(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__complete_method<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__complete_method<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__complete_method<Llm>>(configure);
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
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __complete_method<Llm> {
        type Inputs = (
            ::concurry::__private::Argument<String>,
            ::concurry::__private::Argument<f32>,
        );
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<String>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<LlmError>::ERASER,
                comparers: (
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<String>::COMPARER,
                        ::concurry::__private::LazyProbe::<String>::WRITTEN,
                    ),
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<f32>::COMPARER,
                        ::concurry::__private::LazyProbe::<f32>::WRITTEN,
                    ),
                ),
                record: ::concurry::__private::LazyProbe::<String>::RECORD,
                key: ::concurry::__private::LazyProbe::<(String, f32)>::KEY,
            }
        }
    }
    impl LlmLazy {
        ///A call of `Llm::complete` as a node of a graph.
        pub fn complete(
            &self,
            prompt: impl ::concurry::__private::IntoNode<String>,
            temperature: impl ::concurry::__private::IntoNode<f32>,
        ) -> ::concurry::__private::Lazy<String> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __complete_method<Llm>,
                >((
                    ::concurry::__private::IntoNode::<String>::into_argument(prompt),
                    ::concurry::__private::IntoNode::<f32>::into_argument(temperature),
                ))
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
