impl Blocking {
    pub fn new() -> Self {
        Self
    }
    pub fn shared(&self) {}
    pub fn exclusive(&mut self, ctx: &CallContext, text: String) {}
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
    impl ::concurry::__private::Method for __shared_method<Blocking> {
        type Worker = Blocking;
        type Args = ();
        type Output = ();
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Blocking",
            name: "shared",
            index: 0usize,
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
    impl ::concurry::__private::RunRef for __shared_method<Blocking> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Blocking>::shared(__worker))
        }
    }
    pub struct __exclusive_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __exclusive_method<Blocking> {
        type Worker = Blocking;
        type Args = (String,);
        type Output = ();
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncMut;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Blocking",
            name: "exclusive",
            index: 1usize,
            exclusive: true,
            asynchronous: false,
            uses_context: true,
            idempotent: false,
            pure: false,
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
                            ::core::any::type_name::<String>(),
                            ::concurry::__private::Probe::<String>::CARRY.is_some(),
                        );
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
    impl ::concurry::__private::RunMut for __exclusive_method<Blocking> {
        #[inline]
        fn run(
            __worker: &mut Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(
                <Blocking>::exclusive(__worker, __context, __args.0),
            )
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for Blocking {
        type Handle = BlockingHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Blocking>::SEND,
                sync: ::concurry::__private::Probe::<Blocking>::SYNC,
            }
        };
        const METHODS: usize = 2usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__shared_method<Blocking>>();
            __visitor.visit::<__exclusive_method<Blocking>>();
        }
    }
    fn __constructor() -> ::concurry::__private::Constructor<
        Blocking,
        ::concurry::__private::Infallible,
    > {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Blocking, _ > (&
                ::concurry::__private::Probe:: < () > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Blocking, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Blocking, _ > (&
                ::concurry::__private::Probe:: < () > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::blocking(
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
            |__parameters: ()| ::core::result::Result::Ok(<Blocking>::new()),
        )
    }
    impl Blocking {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Blocking,
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
        Blocking
    }
    impl BlockingHandle {
        ///Calls `Blocking::shared` on a worker of the pool.
        #[inline]
        pub fn shared(
            &self,
        ) -> ::concurry::__private::TaskFuture<(), ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__shared_method<Blocking>>(())
        }
        ///Calls `Blocking::exclusive` on a worker of the pool.
        #[inline]
        pub fn exclusive(
            &self,
            text: String,
        ) -> ::concurry::__private::TaskFuture<(), ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__exclusive_method<Blocking>>((text,))
        }
    }
    impl BlockingOptions {
        ///Sets options of `shared` alone.
        pub fn on_shared(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__shared_method<Blocking>>,
            ) -> ::concurry::__private::MethodOptions<__shared_method<Blocking>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__shared_method<Blocking>>(configure);
            self
        }
        ///Sets options of `exclusive` alone.
        pub fn on_exclusive(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__exclusive_method<Blocking>>,
            ) -> ::concurry::__private::MethodOptions<__exclusive_method<Blocking>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__exclusive_method<Blocking>>(configure);
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
            BlockingHandle,
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
            BlockingHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __shared_method<Blocking> {
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
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __exclusive_method<Blocking> {
        type Inputs = (::concurry::__private::Argument<String>,);
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<()>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    ::concurry::__private::Infallible,
                >::ERASER,
                comparers: (
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<String>::COMPARER,
                        ::concurry::__private::LazyProbe::<String>::WRITTEN,
                    ),
                ),
                record: ::concurry::__private::LazyProbe::<()>::RECORD,
                key: ::concurry::__private::LazyProbe::<(String,)>::KEY,
            }
        }
    }
    impl BlockingLazy {
        ///A call of `Blocking::shared` as a node of a graph.
        pub fn shared(&self) -> ::concurry::__private::Lazy<()> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<__shared_method<Blocking>>(())
        }
        ///A call of `Blocking::exclusive` as a node of a graph.
        pub fn exclusive(
            &self,
            text: impl ::concurry::__private::IntoNode<String>,
        ) -> ::concurry::__private::Lazy<()> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __exclusive_method<Blocking>,
                >((::concurry::__private::IntoNode::<String>::into_argument(text),))
        }
    }
    impl Blocking {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> BlockingOptions {
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
            BlockingHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Blocking>::from_defaults()
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
            BlockingHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Blocking>::from_defaults()
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
