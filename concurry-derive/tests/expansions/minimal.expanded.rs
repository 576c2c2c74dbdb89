struct Counter {
    count: u64,
}
///A handle to a pool of [`Counter`] workers.
///
///It has the public methods of [`Counter`]; each hands the call to the pool and returns its future at once. A clone is cheap and leads to the same pool; when the last one is dropped, the pool finishes what it has and ends.
struct CounterHandle {
    __handle: ::concurry::__private::Handle<Counter>,
}
///The options of a pool of [`Counter`] workers.
///
///Nothing starts before `init`.
#[must_use = "a pool starts when its options are finished by `init`"]
struct CounterOptions {
    __options: ::concurry::__private::Options<Counter>,
}
///The lazy twin of [`CounterHandle`], from its `lazy()`.
///
///It has the same methods. Each takes values or nodes, and gives a node of a graph: nothing runs before it is computed.
struct CounterLazy {
    __pool: ::concurry::__private::LazyPool<Counter>,
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
    #[automatically_derived]
    impl ::core::clone::Clone for CounterHandle
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        fn clone(&self) -> Self {
            Self {
                __handle: ::core::clone::Clone::clone(&self.__handle),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for CounterHandle
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("CounterHandle").field(&self.__handle).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerHandle for CounterHandle
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        type Worker = Counter;
        fn __from_handle(__handle: ::concurry::__private::Handle<Self::Worker>) -> Self {
            Self { __handle }
        }
        #[inline]
        fn __handle(&self) -> &::concurry::__private::Handle<Self::Worker> {
            &self.__handle
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for CounterOptions
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("CounterOptions").field(&self.__options).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerOptions for CounterOptions
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        type Worker = Counter;
        fn __from_options(
            __options: ::concurry::__private::Options<Self::Worker>,
        ) -> Self {
            Self { __options }
        }
        fn __options(&mut self) -> &mut ::concurry::__private::Options<Self::Worker> {
            &mut self.__options
        }
        fn __into_options(self) -> ::concurry::__private::Options<Self::Worker> {
            self.__options
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyHandle for CounterHandle
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        type Lazy = CounterLazy;
        fn lazy(&self) -> Self::Lazy {
            CounterLazy {
                __pool: ::concurry::__private::LazyPool::new(
                    ::concurry::__private::WorkerHandle::__handle(self),
                ),
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyTwin for CounterLazy
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        type Worker = Counter;
        fn __pool(&self) -> &::concurry::__private::LazyPool<Self::Worker> {
            &self.__pool
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for CounterLazy
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        fn clone(&self) -> Self {
            Self {
                __pool: ::core::clone::Clone::clone(&self.__pool),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for CounterLazy
    where
        Counter: ::concurry::__private::Worker<Handle = CounterHandle>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("CounterLazy").field(&self.__pool).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerType for Counter {
        const NAME: &'static str = "Counter";
        const DEFAULTS: ::concurry::__private::TypeDefaults = ::concurry::__private::TypeDefaults {
            mode: ::core::option::Option::None,
            max_workers: ::core::option::Option::None,
            process: false,
        };
    }
};
impl Counter {
    fn new(count: u64) -> Self {
        Self { count }
    }
    /// Adds to the count and returns it.
    pub fn add(&mut self, amount: u64) -> u64 {
        self.count += amount;
        self.count
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
    pub struct __add_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __add_method<Counter> {
        type Worker = Counter;
        type Args = (u64,);
        type Output = u64;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncMut;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < u64 > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Counter",
                name: "add",
                index: 0usize,
                exclusive: true,
                asynchronous: false,
                uses_context: false,
                idempotent: false,
                pure: false,
            }
        };
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<(u64,)>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<(u64,)>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<u64>::CARRY,
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
                            ::core::any::type_name::<u64>(),
                            ::concurry::__private::Probe::<u64>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<u64>(),
                            ::concurry::__private::Probe::<u64>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunMut for __add_method<Counter> {
        #[inline]
        fn run(
            __worker: &mut Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Counter>::add(__worker, __args.0))
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for Counter {
        type Handle = CounterHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Counter>::SEND,
                sync: ::concurry::__private::Probe::<Counter>::SYNC,
            }
        };
        const METHODS: usize = 1usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__add_method<Counter>>();
        }
    }
    fn __constructor(
        count: u64,
    ) -> ::concurry::__private::Constructor<Counter, ::concurry::__private::Infallible> {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Counter, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Counter, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Counter, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::blocking(
            (count,),
            ::concurry::__private::ConstructorWires {
                parameters: ::concurry::__private::Probe::<(u64,)>::ARGUMENTS,
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
            |__parameters: (u64,)| ::core::result::Result::Ok(
                <Counter>::new(__parameters.0),
            ),
        )
    }
    impl Counter {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Counter,
                (u64,),
                ::concurry::__private::Infallible,
            >(
                ::concurry::__private::ConstructorWires {
                    parameters: ::concurry::__private::Probe::<(u64,)>::ARGUMENTS,
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
                |__parameters| __constructor(__parameters.0),
            )
        }
    }
    ::concurry::__private::register! {
        Counter
    }
    impl CounterHandle {
        /// Adds to the count and returns it.
        #[inline]
        pub fn add(
            &self,
            amount: u64,
        ) -> ::concurry::__private::TaskFuture<u64, ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__add_method<Counter>>((amount,))
        }
    }
    impl CounterOptions {
        ///Sets options of `add` alone.
        pub fn on_add(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__add_method<Counter>>,
            ) -> ::concurry::__private::MethodOptions<__add_method<Counter>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__add_method<Counter>>(configure);
            self
        }
        ///Starts the pool, and waits until all of its workers are built.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// What the constructor of a worker reports, or options that contradict each other.
        fn init(
            self,
            count: u64,
        ) -> ::core::result::Result<
            CounterHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init(__constructor(count))
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts the pool, and waits for its workers without blocking the thread.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        async fn init_async(
            self,
            count: u64,
        ) -> ::core::result::Result<
            CounterHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor(count))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __add_method<Counter> {
        type Inputs = (::concurry::__private::Argument<u64>,);
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<u64>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    ::concurry::__private::Infallible,
                >::ERASER,
                comparers: (
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<u64>::COMPARER,
                        ::concurry::__private::LazyProbe::<u64>::WRITTEN,
                    ),
                ),
                record: ::concurry::__private::LazyProbe::<u64>::RECORD,
                key: ::concurry::__private::LazyProbe::<(u64,)>::KEY,
            }
        }
    }
    impl CounterLazy {
        /// Adds to the count and returns it.
        pub fn add(
            &self,
            amount: impl ::concurry::__private::IntoNode<u64>,
        ) -> ::concurry::__private::Lazy<u64> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __add_method<Counter>,
                >((::concurry::__private::IntoNode::<u64>::into_argument(amount),))
        }
    }
    impl Counter {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> CounterOptions {
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
        fn init(
            count: u64,
        ) -> ::core::result::Result<
            CounterHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Counter>::from_defaults()
                .init(__constructor(count))
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts a pool with the type's own options, and waits for its workers without blocking the thread.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        async fn init_async(
            count: u64,
        ) -> ::core::result::Result<
            CounterHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Counter>::from_defaults()
                .init_async(__constructor(count))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
