impl Asynchronous {
    pub async fn new() -> Self {
        Self
    }
    pub async fn shared(&self, text: String) -> String {
        text
    }
    pub async fn exclusive(&mut self, ctx: &CallContext, text: String) -> String {
        text
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
    pub struct __shared_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __shared_method<Asynchronous> {
        type Worker = Asynchronous;
        type Args = (String,);
        type Output = String;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::AsyncRef;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < String > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Asynchronous",
                name: "shared",
                index: 0usize,
                exclusive: false,
                asynchronous: true,
                uses_context: false,
                idempotent: false,
                pure: false,
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
    impl ::concurry::__private::StartRef for __shared_method<Asynchronous> {
        type Raw = String;
        #[inline]
        fn start(
            __worker: &Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            ::core::mem::drop(__context);
            <Asynchronous>::shared(__worker, __args.0)
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(__raw)
        }
    }
    pub struct __exclusive_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __exclusive_method<Asynchronous> {
        type Worker = Asynchronous;
        type Args = (String,);
        type Output = String;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::AsyncMut;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < String > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Asynchronous",
                name: "exclusive",
                index: 1usize,
                exclusive: true,
                asynchronous: true,
                uses_context: true,
                idempotent: false,
                pure: false,
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
    impl ::concurry::__private::StartMut for __exclusive_method<Asynchronous> {
        type Raw = String;
        #[inline]
        fn start(
            __worker: &mut Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            async move {
                <Asynchronous>::exclusive(__worker, &__context, __args.0).await
            }
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(__raw)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for Asynchronous {
        type Handle = AsynchronousHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Asynchronous>::SEND,
                sync: ::concurry::__private::Probe::<Asynchronous>::SYNC,
            }
        };
        const METHODS: usize = 2usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__shared_method<Asynchronous>>();
            __visitor.visit::<__exclusive_method<Asynchronous>>();
        }
    }
    fn __constructor() -> ::concurry::__private::Constructor<
        Asynchronous,
        ::concurry::__private::Infallible,
    > {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Asynchronous, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Asynchronous, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Asynchronous, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Asynchronous, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::asynchronous(
            (),
            ::concurry::__private::ConstructorWires {
                parameters: ::concurry::__private::Probe::<()>::ARGUMENTS,
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
            |__parameters: ()| async move {
                ::core::result::Result::Ok(<Asynchronous>::new().await)
            },
        )
    }
    impl Asynchronous {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Asynchronous,
                (),
                ::concurry::__private::Infallible,
            >(
                ::concurry::__private::ConstructorWires {
                    parameters: ::concurry::__private::Probe::<()>::ARGUMENTS,
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
                |__parameters| __constructor(),
            )
        }
    }
    ::concurry::__private::register! {
        Asynchronous
    }
    impl AsynchronousHandle {
        ///Calls `Asynchronous::shared` on a worker of the pool.
        #[inline]
        pub fn shared(
            &self,
            text: String,
        ) -> ::concurry::__private::TaskFuture<
            String,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__shared_method<Asynchronous>>((text,))
        }
        ///Calls `Asynchronous::exclusive` on a worker of the pool.
        #[inline]
        pub fn exclusive(
            &self,
            text: String,
        ) -> ::concurry::__private::TaskFuture<
            String,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__exclusive_method<Asynchronous>>((text,))
        }
    }
    impl AsynchronousOptions {
        ///Sets options of `shared` alone.
        pub fn on_shared(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__shared_method<Asynchronous>>,
            ) -> ::concurry::__private::MethodOptions<__shared_method<Asynchronous>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__shared_method<Asynchronous>>(configure);
            self
        }
        ///Sets options of `exclusive` alone.
        pub fn on_exclusive(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__exclusive_method<Asynchronous>>,
            ) -> ::concurry::__private::MethodOptions<__exclusive_method<Asynchronous>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__exclusive_method<Asynchronous>>(configure);
            self
        }
        ///Starts the pool, and waits until all of its workers are built.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// What the constructor of a worker reports, or options that contradict each other.
        pub fn init(
            self,
        ) -> ::core::result::Result<
            AsynchronousHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init(__constructor())
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts the pool, and waits for its workers without blocking the thread.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            self,
        ) -> ::core::result::Result<
            AsynchronousHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __shared_method<Asynchronous> {
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
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __exclusive_method<Asynchronous> {
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
    impl AsynchronousLazy {
        ///A call of `Asynchronous::shared` as a node of a graph.
        pub fn shared(
            &self,
            text: impl ::concurry::__private::IntoNode<String>,
        ) -> ::concurry::__private::Lazy<String> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __shared_method<Asynchronous>,
                >((::concurry::__private::IntoNode::<String>::into_argument(text),))
        }
        ///A call of `Asynchronous::exclusive` as a node of a graph.
        pub fn exclusive(
            &self,
            text: impl ::concurry::__private::IntoNode<String>,
        ) -> ::concurry::__private::Lazy<String> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __exclusive_method<Asynchronous>,
                >((::concurry::__private::IntoNode::<String>::into_argument(text),))
        }
    }
    impl Asynchronous {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> AsynchronousOptions {
            ::concurry::__private::WorkerOptions::__from_options(
                ::concurry::__private::Options::new(mode, max_workers),
            )
        }
        ///Starts a pool with the type's own options, and waits until all of its workers are built.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// What the constructor of a worker reports, or options that contradict each other.
        pub fn init() -> ::core::result::Result<
            AsynchronousHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Asynchronous>::from_defaults()
                .init(__constructor())
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts a pool with the type's own options, and waits for its workers without blocking the thread.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async() -> ::core::result::Result<
            AsynchronousHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Asynchronous>::from_defaults()
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
