async fn fetch_page(
    ctx: &CallContext,
    url: Url,
    depth: usize,
) -> Result<Page, FetchError> {
    get(ctx, url, depth).await
}
///The pools of the function [`fetch_page`](fn@fetch_page).
#[allow(non_camel_case_types)]
#[derive(::core::fmt::Debug)]
struct fetch_page {
    __private: (),
}
///A handle to a pool that runs [`fetch_page`](fn@fetch_page).
///
///A clone is cheap and leads to the same pool; when the last one is dropped, the pool finishes what it has and ends.
struct FetchPagePool {
    __handle: ::concurry::__private::Handle<fetch_page>,
}
///The options of a pool that runs [`fetch_page`](fn@fetch_page).
///
///Nothing starts before `init`.
#[must_use = "a pool starts when its options are finished by `init`"]
struct FetchPageOptions {
    __options: ::concurry::__private::Options<fetch_page>,
}
///The lazy twin of [`FetchPagePool`], from its `lazy()`.
///
///It has the same methods. Each takes values or nodes, and gives a node of a graph: nothing runs before it is computed.
struct FetchPageLazy {
    __pool: ::concurry::__private::LazyPool<fetch_page>,
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
    impl ::core::clone::Clone for FetchPagePool
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        fn clone(&self) -> Self {
            Self {
                __handle: ::core::clone::Clone::clone(&self.__handle),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FetchPagePool
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("FetchPagePool").field(&self.__handle).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerHandle for FetchPagePool
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        type Worker = fetch_page;
        fn __from_handle(__handle: ::concurry::__private::Handle<Self::Worker>) -> Self {
            Self { __handle }
        }
        #[inline]
        fn __handle(&self) -> &::concurry::__private::Handle<Self::Worker> {
            &self.__handle
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FetchPageOptions
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("FetchPageOptions").field(&self.__options).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerOptions for FetchPageOptions
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        type Worker = fetch_page;
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
    impl ::concurry::__private::LazyHandle for FetchPagePool
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        type Lazy = FetchPageLazy;
        fn lazy(&self) -> Self::Lazy {
            FetchPageLazy {
                __pool: ::concurry::__private::LazyPool::new(
                    ::concurry::__private::WorkerHandle::__handle(self),
                ),
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyTwin for FetchPageLazy
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        type Worker = fetch_page;
        fn __pool(&self) -> &::concurry::__private::LazyPool<Self::Worker> {
            &self.__pool
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for FetchPageLazy
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        fn clone(&self) -> Self {
            Self {
                __pool: ::core::clone::Clone::clone(&self.__pool),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for FetchPageLazy
    where
        fetch_page: ::concurry::__private::Worker<Handle = FetchPagePool>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("FetchPageLazy").field(&self.__pool).finish()
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::WorkerType for fetch_page {
        const NAME: &'static str = "fetch_page";
        const DEFAULTS: ::concurry::__private::TypeDefaults = ::concurry::__private::TypeDefaults {
            mode: ::core::option::Option::None,
            max_workers: ::core::option::Option::None,
            process: false,
        };
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for fetch_page {
        type Handle = FetchPagePool;
        const STATE: ::concurry::__private::StateTraits = ::concurry::__private::StateTraits {
            send: true,
            sync: true,
        };
        const METHODS: usize = 1;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<fetch_page>();
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Method for fetch_page {
        type Worker = fetch_page;
        type Args = (Url, usize);
        type Output = Page;
        type Error = FetchError;
        type Shape = ::concurry::__private::AsyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "fetch_page",
            name: "fetch_page",
            index: 0,
            exclusive: false,
            asynchronous: true,
            uses_context: true,
            idempotent: true,
            pure: false,
        };
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<(Url, usize)>::CLONE,
                verdict: ::concurry::__private::Probe::<FetchError>::VERDICT,
                describe: ::concurry::__private::Probe::<FetchError>::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<(Url, usize)>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<Page>::CARRY,
                    error: ::concurry::__private::Probe::<FetchError>::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<FetchError>::ERROR_TEXT,
                        ::concurry::__private::Probe::<FetchError>::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<FetchError>::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<FetchError>::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<Url>(),
                            ::concurry::__private::Probe::<Url>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<usize>(),
                            ::concurry::__private::Probe::<usize>::CARRY.is_some(),
                        );
                        __see(
                            ::core::any::type_name::<Page>(),
                            ::concurry::__private::Probe::<Page>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Idempotent for fetch_page {}
    #[automatically_derived]
    impl ::concurry::__private::StartRef for fetch_page {
        type Raw = Result<Page, FetchError>;
        #[inline]
        fn start(
            __worker: &Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            async move { fetch_page(&__context, __args.0, __args.1).await }
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            <Result<
                Page,
                FetchError,
            > as ::concurry::__private::Outcome>::into_result(__raw)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::TaskFunction for fetch_page {
        type Item = (Url, usize);
        const DIRECT: ::core::option::Option<
            fn(Self::Args) -> ::core::result::Result<Self::Output, Self::Error>,
        > = ::core::option::Option::None;
        #[inline]
        fn into_args(__item: Self::Item) -> Self::Args {
            __item
        }
    }
    fn __constructor() -> ::concurry::__private::Constructor<
        fetch_page,
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
            |()| ::core::result::Result::Ok(fetch_page { __private: () }),
        )
    }
    impl fetch_page {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                fetch_page,
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
        fetch_page
    }
    impl fetch_page {
        /// The options of a pool of up to `max_workers` workers that run in `mode`.
        fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> FetchPageOptions {
            ::concurry::__private::WorkerOptions::__from_options(
                ::concurry::__private::Options::new(mode, max_workers),
            )
        }
        ///Starts a pool that runs `fetch_page`, with the options declared at it.
        ///
        /// # Errors
        ///
        /// Options that contradict each other, and what the system refuses.
        fn pool() -> ::core::result::Result<
            FetchPagePool,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            <FetchPageOptions as ::concurry::__private::WorkerOptions>::__from_options(
                    ::concurry::__private::Options::from_defaults(),
                )
                .init()
        }
    }
    impl FetchPageOptions {
        ///Sets the options that depend on the types of `fetch_page`.
        fn on_submit(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<fetch_page>,
            ) -> ::concurry::__private::MethodOptions<fetch_page>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<fetch_page>(configure);
            self
        }
        /// Starts the pool.
        ///
        /// # Errors
        ///
        /// Options that contradict each other, and what the system refuses.
        fn init(
            self,
        ) -> ::core::result::Result<
            FetchPagePool,
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
        async fn init_async(
            self,
        ) -> ::core::result::Result<
            FetchPagePool,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor())
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    impl FetchPagePool {
        ///Calls `fetch_page` on a worker of the pool.
        ///
        #[inline]
        fn submit(
            &self,
            url: Url,
            depth: usize,
        ) -> ::concurry::__private::TaskFuture<Page, FetchError> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<fetch_page>((url, depth))
        }
        ///Calls `fetch_page` for every item and collects what it gives.
        ///
        /// Nothing runs before the map is asked for its results.
        fn map<__I>(
            &self,
            items: __I,
        ) -> ::concurry::__private::TaskMap<
            <__I as ::core::iter::IntoIterator>::IntoIter,
            fetch_page,
        >
        where
            __I: ::core::iter::IntoIterator<Item = (Url, usize)>,
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
    impl ::concurry::__private::LazyMethod for fetch_page {
        type Inputs = (
            ::concurry::__private::Argument<Url>,
            ::concurry::__private::Argument<usize>,
        );
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<Page>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<FetchError>::ERASER,
                comparers: (
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<Url>::COMPARER,
                        ::concurry::__private::LazyProbe::<Url>::WRITTEN,
                    ),
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<usize>::COMPARER,
                        ::concurry::__private::LazyProbe::<usize>::WRITTEN,
                    ),
                ),
                record: ::concurry::__private::LazyProbe::<Page>::RECORD,
                key: ::concurry::__private::LazyProbe::<(Url, usize)>::KEY,
            }
        }
    }
    impl FetchPageLazy {
        ///A call of `fetch_page` as a node of a graph.
        fn submit(
            &self,
            url: impl ::concurry::__private::IntoNode<Url>,
            depth: impl ::concurry::__private::IntoNode<usize>,
        ) -> ::concurry::__private::Lazy<Page> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    fetch_page,
                >((
                    ::concurry::__private::IntoNode::<Url>::into_argument(url),
                    ::concurry::__private::IntoNode::<usize>::into_argument(depth),
                ))
        }
    }
};
