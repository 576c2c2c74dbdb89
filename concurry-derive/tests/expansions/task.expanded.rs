/// Squares a number.
pub fn square(number: u64) -> u64 {
    number * number
}
///The pools of the function [`square`](fn@square).
#[allow(non_camel_case_types)]
#[derive(::core::fmt::Debug)]
pub struct square {
    __private: (),
}
///A handle to a pool that runs [`square`](fn@square).
///
///A clone is cheap and leads to the same pool; when the last one is dropped, the pool finishes what it has and ends.
pub struct SquarePool {
    __handle: ::concurry::__private::Handle<square>,
}
///The options of a pool that runs [`square`](fn@square).
///
///Nothing starts before `init`.
#[must_use = "a pool starts when its options are finished by `init`"]
pub struct SquareOptions {
    __options: ::concurry::__private::Options<square>,
}
///The lazy twin of [`SquarePool`], from its `lazy()`.
///
///It has the same methods. Each takes values or nodes, and gives a node of a graph: nothing runs before it is computed.
pub struct SquareLazy {
    __pool: ::concurry::__private::LazyPool<square>,
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
    impl ::core::clone::Clone for SquarePool
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        fn clone(&self) -> Self {
            Self {
                __handle: ::core::clone::Clone::clone(&self.__handle),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SquarePool
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("SquarePool").field(&self.__handle).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerHandle for SquarePool
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        type Worker = square;
        fn __from_handle(__handle: ::concurry::__private::Handle<Self::Worker>) -> Self {
            Self { __handle }
        }
        #[inline]
        fn __handle(&self) -> &::concurry::__private::Handle<Self::Worker> {
            &self.__handle
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SquareOptions
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("SquareOptions").field(&self.__options).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerOptions for SquareOptions
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        type Worker = square;
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
    impl ::concurry::__private::LazyHandle for SquarePool
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        type Lazy = SquareLazy;
        fn lazy(&self) -> Self::Lazy {
            SquareLazy {
                __pool: ::concurry::__private::LazyPool::new(
                    ::concurry::__private::WorkerHandle::__handle(self),
                ),
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyTwin for SquareLazy
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        type Worker = square;
        fn __pool(&self) -> &::concurry::__private::LazyPool<Self::Worker> {
            &self.__pool
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for SquareLazy
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        fn clone(&self) -> Self {
            Self {
                __pool: ::core::clone::Clone::clone(&self.__pool),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SquareLazy
    where
        square: ::concurry::__private::Worker<Handle = SquarePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("SquareLazy").field(&self.__pool).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerType for square {
        const NAME: &'static str = "square";
        const DEFAULTS: ::concurry::__private::TypeDefaults = ::concurry::__private::TypeDefaults {
            mode: ::core::option::Option::Some(::concurry::__private::Mode::Process),
            max_workers: ::core::option::Option::Some(4),
            process: false,
        };
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for square {
        type Handle = SquarePool;
        const STATE: ::concurry::__private::StateTraits = ::concurry::__private::StateTraits {
            send: true,
            sync: true,
        };
        const METHODS: usize = 1;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<square>();
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Method for square {
        type Worker = square;
        type Args = (u64,);
        type Output = u64;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < u64 > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "square",
                name: "square",
                index: 0,
                exclusive: false,
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
    impl ::concurry::__private::RunRef for square {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(square(__args.0))
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::TaskFunction for square {
        type Item = u64;
        const DIRECT: ::core::option::Option<
            fn(Self::Args) -> ::core::result::Result<Self::Output, Self::Error>,
        > = ::core::option::Option::Some(|__args| ::core::result::Result::Ok(
            square(__args.0),
        ));
        #[inline]
        fn into_args(__item: Self::Item) -> Self::Args {
            (__item,)
        }
    }
    fn __constructor() -> ::concurry::__private::Constructor<
        square,
        ::concurry::__private::Infallible,
    > {
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
            |()| ::core::result::Result::Ok(square { __private: () }),
        )
    }
    impl square {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                square,
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
                |()| __constructor(),
            )
        }
    }
    ::concurry::__private::register! {
        square
    }
    impl square {
        /// The options of a pool of up to `max_workers` workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> SquareOptions {
            ::concurry::__private::WorkerOptions::__from_options(
                ::concurry::__private::Options::new(mode, max_workers),
            )
        }
        ///Starts a pool that runs `square`, with the options declared at it.
        ///
        /// # Errors
        ///
        /// Options that contradict each other, and what the system refuses.
        pub fn pool() -> ::core::result::Result<
            SquarePool,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            <SquareOptions as ::concurry::__private::WorkerOptions>::__from_options(
                    ::concurry::__private::Options::from_defaults(),
                )
                .init()
        }
    }
    impl SquareOptions {
        ///Sets the options that depend on the types of `square`.
        pub fn on_submit(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<square>,
            ) -> ::concurry::__private::MethodOptions<square>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<square>(configure);
            self
        }
        /// Starts the pool.
        ///
        /// # Errors
        ///
        /// Options that contradict each other, and what the system refuses.
        pub fn init(
            self,
        ) -> ::core::result::Result<
            SquarePool,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init(__constructor())
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        /// Starts the pool without blocking the thread meanwhile.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            self,
        ) -> ::core::result::Result<
            SquarePool,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    impl SquarePool {
        ///Calls `square` on a worker of the pool.
        ///
        /// Squares a number.
        #[inline]
        pub fn submit(
            &self,
            number: u64,
        ) -> ::concurry::__private::TaskFuture<u64, ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self).call::<square>((number,))
        }
        ///Calls `square` for every item and collects what it gives.
        ///
        /// Nothing runs before the map is asked for its results.
        pub fn map<__I>(
            &self,
            items: __I,
        ) -> ::concurry::__private::TaskMap<
            <__I as ::core::iter::IntoIterator>::IntoIter,
            square,
        >
        where
            __I: ::core::iter::IntoIterator<Item = u64>,
        {
            ::concurry::__private::TaskMap::new(
                ::core::clone::Clone::clone(
                    ::concurry::__private::WorkerHandle::__handle(self),
                ),
                ::core::iter::IntoIterator::into_iter(items),
            )
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for square {
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
    impl SquareLazy {
        /// Squares a number.
        pub fn submit(
            &self,
            number: impl ::concurry::__private::IntoNode<u64>,
        ) -> ::concurry::__private::Lazy<u64> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    square,
                >((::concurry::__private::IntoNode::<u64>::into_argument(number),))
        }
    }
};
