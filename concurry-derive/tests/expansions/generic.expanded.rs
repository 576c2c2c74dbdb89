pub(crate) struct Ranker<M: Model, const SIZE: usize = 8>
where
    M::Item: Send,
{
    model: M,
}
///A handle to a pool of [`Ranker`] workers.
///
///It has the public methods of [`Ranker`]; each hands the call to the pool and returns its future at once. A clone is cheap and leads to the same pool; when the last one is dropped, the pool finishes what it has and ends.
pub(crate) struct RankerHandle<M: Model, const SIZE: usize = 8>
where
    M::Item: Send,
    M: 'static,
    Ranker<M, SIZE>: crate::facade::__private::Worker,
{
    __handle: crate::facade::__private::Handle<Ranker<M, SIZE>>,
}
///The options of a pool of [`Ranker`] workers.
///
///Nothing starts before `init`.
#[must_use = "a pool starts when its options are finished by `init`"]
pub(crate) struct RankerOptions<M: Model, const SIZE: usize = 8>
where
    M::Item: Send,
    M: 'static,
    Ranker<M, SIZE>: crate::facade::__private::Worker,
{
    __options: crate::facade::__private::Options<Ranker<M, SIZE>>,
}
///The lazy twin of [`RankerHandle`], from its `lazy()`.
///
///It has the same methods. Each takes values or nodes, and gives a node of a graph: nothing runs before it is computed.
pub(crate) struct RankerLazy<M: Model, const SIZE: usize = 8>
where
    M::Item: Send,
    M: 'static,
    Ranker<M, SIZE>: crate::facade::__private::Worker,
{
    __pool: crate::facade::__private::LazyPool<Ranker<M, SIZE>>,
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
    impl<M: Model, const SIZE: usize> ::core::clone::Clone for RankerHandle<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        fn clone(&self) -> Self {
            Self {
                __handle: ::core::clone::Clone::clone(&self.__handle),
            }
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> ::core::fmt::Debug for RankerHandle<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("RankerHandle").field(&self.__handle).finish()
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::WorkerHandle
    for RankerHandle<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        type Worker = Ranker<M, SIZE>;
        fn __from_handle(
            __handle: crate::facade::__private::Handle<Self::Worker>,
        ) -> Self {
            Self { __handle }
        }
        #[inline]
        fn __handle(&self) -> &crate::facade::__private::Handle<Self::Worker> {
            &self.__handle
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> ::core::fmt::Debug for RankerOptions<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("RankerOptions").field(&self.__options).finish()
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::WorkerOptions
    for RankerOptions<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        type Worker = Ranker<M, SIZE>;
        fn __from_options(
            __options: crate::facade::__private::Options<Self::Worker>,
        ) -> Self {
            Self { __options }
        }
        fn __options(&mut self) -> &mut crate::facade::__private::Options<Self::Worker> {
            &mut self.__options
        }
        fn __into_options(self) -> crate::facade::__private::Options<Self::Worker> {
            self.__options
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::LazyHandle
    for RankerHandle<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        type Lazy = RankerLazy<M, SIZE>;
        fn lazy(&self) -> Self::Lazy {
            RankerLazy {
                __pool: crate::facade::__private::LazyPool::new(
                    crate::facade::__private::WorkerHandle::__handle(self),
                ),
            }
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::LazyTwin
    for RankerLazy<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        type Worker = Ranker<M, SIZE>;
        fn __pool(&self) -> &crate::facade::__private::LazyPool<Self::Worker> {
            &self.__pool
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> ::core::clone::Clone for RankerLazy<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        fn clone(&self) -> Self {
            Self {
                __pool: ::core::clone::Clone::clone(&self.__pool),
            }
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> ::core::fmt::Debug for RankerLazy<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<
            M,
            SIZE,
        >: crate::facade::__private::Worker<Handle = RankerHandle<M, SIZE>>,
    {
        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            __f.debug_tuple("RankerLazy").field(&self.__pool).finish()
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::WorkerType
    for Ranker<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        const NAME: &'static str = "Ranker";
        const DEFAULTS: crate::facade::__private::TypeDefaults = crate::facade::__private::TypeDefaults {
            mode: ::core::option::Option::Some(crate::facade::__private::Mode::Async),
            max_workers: ::core::option::Option::Some(WORKERS),
            process: true,
        };
    }
};
impl<M: Model, const SIZE: usize> Ranker<M, SIZE>
where
    M::Item: Send,
{
    pub(crate) fn rank(&self, items: [M::Item; SIZE]) -> Ranking<M> {
        self.model.rank(items)
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
    pub(crate) struct __rank_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::Method
    for __rank_method<Ranker<M, SIZE>>
    where
        M::Item: Send,
        M: 'static,
    {
        type Worker = Ranker<M, SIZE>;
        type Args = ([M::Item; SIZE],);
        type Output = Ranking<M>;
        type Error = crate::facade::__private::Infallible;
        type Shape = crate::facade::__private::SyncRef;
        const SPEC: crate::facade::__private::MethodSpec = {
            use crate::facade::__private::FallbackProbe as _;
            ::core::assert!(
                ! crate ::facade::__private::Probe:: < Ranking < M > > ::IS_RESULT,
                "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
            );
            crate::facade::__private::MethodSpec {
                worker: "Ranker",
                name: "rank",
                index: 0usize,
                exclusive: false,
                asynchronous: false,
                uses_context: false,
                idempotent: false,
                pure: false,
            }
        };
        fn abilities() -> crate::facade::__private::Abilities<Self> {
            use crate::facade::__private::FallbackProbe as _;
            crate::facade::__private::Abilities {
                clone_args: crate::facade::__private::Probe::<([M::Item; SIZE],)>::CLONE,
                verdict: crate::facade::__private::Probe::<
                    crate::facade::__private::Infallible,
                >::VERDICT,
                describe: crate::facade::__private::Probe::<
                    crate::facade::__private::Infallible,
                >::DISPLAY,
                wires: crate::facade::__private::MethodWires {
                    arguments: crate::facade::__private::Probe::<
                        ([M::Item; SIZE],),
                    >::ARGUMENTS,
                    output: crate::facade::__private::Probe::<Ranking<M>>::CARRY,
                    error: crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::CARRY,
                    error_text: crate::facade::__private::error_text(
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::ERROR_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::AS_ERROR_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::DISPLAY_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<[M::Item; SIZE]>(),
                            crate::facade::__private::Probe::<[M::Item; SIZE]>::CARRY
                                .is_some(),
                        );
                        __see(
                            ::core::any::type_name::<Ranking<M>>(),
                            crate::facade::__private::Probe::<Ranking<M>>::CARRY
                                .is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::RunRef
    for __rank_method<Ranker<M, SIZE>>
    where
        M::Item: Send,
        M: 'static,
    {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &crate::facade::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Ranker<M, SIZE>>::rank(__worker, __args.0))
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::Worker
    for Ranker<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        type Handle = RankerHandle<M, SIZE>;
        const STATE: crate::facade::__private::StateTraits = {
            use crate::facade::__private::FallbackProbe as _;
            crate::facade::__private::StateTraits {
                send: crate::facade::__private::Probe::<Ranker<M, SIZE>>::SEND,
                sync: crate::facade::__private::Probe::<Ranker<M, SIZE>>::SYNC,
            }
        };
        const METHODS: usize = 1usize;
        fn visit_methods<__V: crate::facade::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__rank_method<Ranker<M, SIZE>>>();
        }
    }
    fn __constructor<M: Model, const SIZE: usize>(
        worker: Ranker<M, SIZE>,
    ) -> crate::facade::__private::Constructor<
        Ranker<M, SIZE>,
        crate::facade::__private::Infallible,
    >
    where
        M::Item: Send,
        M: 'static,
        Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
    {
        let () = const {
            use crate::facade::__private::FallbackProbe as _;
            ::core::assert!(
                ! crate ::facade::__private::stays:: < Ranker < M, SIZE >, _ > (& crate
                ::facade::__private::Probe:: < Ranker < M, SIZE > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        let () = const {
            use crate::facade::__private::FallbackProbe as _;
            ::core::assert!(
                ! crate ::facade::__private::stays:: < Ranker < M, SIZE >, _ > (& crate
                ::facade::__private::Probe:: < [M::Item; SIZE] > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        let () = const {
            use crate::facade::__private::FallbackProbe as _;
            ::core::assert!(
                ! crate ::facade::__private::stays:: < Ranker < M, SIZE >, _ > (& crate
                ::facade::__private::Probe:: < Ranking < M > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use crate::facade::__private::FallbackProbe as _;
        crate::facade::__private::Constructor::blocking(
            worker,
            crate::facade::__private::ConstructorWires {
                parameters: crate::facade::__private::Probe::<Ranker<M, SIZE>>::CARRY,
                error: crate::facade::__private::Probe::<
                    crate::facade::__private::Infallible,
                >::CARRY,
                error_text: crate::facade::__private::error_text(
                    crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::ERROR_TEXT,
                    crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::AS_ERROR_TEXT,
                    crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::DISPLAY_TEXT,
                    crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::DEBUG_TEXT,
                ),
            },
            ::core::result::Result::Ok,
        )
    }
    impl<M: Model, const SIZE: usize> Ranker<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
        Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
    {
        #[doc(hidden)]
        pub fn __registration() -> crate::facade::__private::Registration {
            use crate::facade::__private::FallbackProbe as _;
            crate::facade::__private::Registration::of::<
                Ranker<M, SIZE>,
                Ranker<M, SIZE>,
                crate::facade::__private::Infallible,
            >(
                crate::facade::__private::ConstructorWires {
                    parameters: crate::facade::__private::Probe::<
                        Ranker<M, SIZE>,
                    >::CARRY,
                    error: crate::facade::__private::Probe::<
                        crate::facade::__private::Infallible,
                    >::CARRY,
                    error_text: crate::facade::__private::error_text(
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::ERROR_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::AS_ERROR_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::DISPLAY_TEXT,
                        crate::facade::__private::Probe::<
                            crate::facade::__private::Infallible,
                        >::DEBUG_TEXT,
                    ),
                },
                |__parameters| __constructor(__parameters),
            )
        }
    }
    impl<M: Model, const SIZE: usize> RankerHandle<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        ///Calls `Ranker::rank` on a worker of the pool.
        #[inline]
        pub(crate) fn rank(
            &self,
            items: [M::Item; SIZE],
        ) -> crate::facade::__private::TaskFuture<
            Ranking<M>,
            crate::facade::__private::Infallible,
        > {
            crate::facade::__private::WorkerHandle::__handle(self)
                .call::<__rank_method<Ranker<M, SIZE>>>((items,))
        }
    }
    impl<M: Model, const SIZE: usize> RankerOptions<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        ///Sets options of `rank` alone.
        pub(crate) fn on_rank(
            mut self,
            configure: impl ::core::ops::FnOnce(
                crate::facade::__private::MethodOptions<__rank_method<Ranker<M, SIZE>>>,
            ) -> crate::facade::__private::MethodOptions<__rank_method<Ranker<M, SIZE>>>,
        ) -> Self {
            crate::facade::__private::WorkerOptions::__options(&mut self)
                .configure::<__rank_method<Ranker<M, SIZE>>>(configure);
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
            worker: Ranker<M, SIZE>,
        ) -> ::core::result::Result<
            RankerHandle<M, SIZE>,
            crate::facade::__private::InitError<crate::facade::__private::Infallible>,
        >
        where
            Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
        {
            crate::facade::__private::WorkerOptions::__into_options(self)
                .init(__constructor(worker))
                .map(crate::facade::__private::WorkerHandle::__from_handle)
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
            worker: Ranker<M, SIZE>,
        ) -> ::core::result::Result<
            RankerHandle<M, SIZE>,
            crate::facade::__private::InitError<crate::facade::__private::Infallible>,
        >
        where
            Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
        {
            crate::facade::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor(worker))
                .await
                .map(crate::facade::__private::WorkerHandle::__from_handle)
        }
    }
    #[automatically_derived]
    impl<M: Model, const SIZE: usize> crate::facade::__private::LazyMethod
    for __rank_method<Ranker<M, SIZE>>
    where
        M::Item: Send,
        M: 'static,
    {
        type Inputs = (crate::facade::__private::Argument<[M::Item; SIZE]>,);
        fn traits() -> crate::facade::__private::MethodTraits<Self> {
            use crate::facade::__private::LazyFallbackProbe as _;
            crate::facade::__private::MethodTraits {
                clone_output: crate::facade::__private::LazyProbe::<Ranking<M>>::CLONE,
                erase_error: crate::facade::__private::LazyProbe::<
                    crate::facade::__private::Infallible,
                >::ERASER,
                comparers: (
                    crate::facade::__private::either(
                        crate::facade::__private::LazyProbe::<[M::Item; SIZE]>::COMPARER,
                        crate::facade::__private::LazyProbe::<[M::Item; SIZE]>::WRITTEN,
                    ),
                ),
                record: crate::facade::__private::LazyProbe::<Ranking<M>>::RECORD,
                key: crate::facade::__private::LazyProbe::<([M::Item; SIZE],)>::KEY,
            }
        }
    }
    impl<M: Model, const SIZE: usize> RankerLazy<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        ///A call of `Ranker::rank` as a node of a graph.
        pub(crate) fn rank(
            &self,
            items: impl crate::facade::__private::IntoNode<[M::Item; SIZE]>,
        ) -> crate::facade::__private::Lazy<Ranking<M>> {
            crate::facade::__private::LazyTwin::__pool(self)
                .call::<
                    __rank_method<Ranker<M, SIZE>>,
                >((
                    crate::facade::__private::IntoNode::<
                        [M::Item; SIZE],
                    >::into_argument(items),
                ))
        }
    }
    impl<M: Model, const SIZE: usize> Ranker<M, SIZE>
    where
        M::Item: Send,
        M: 'static,
    {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: crate::facade::__private::Mode,
            max_workers: usize,
        ) -> RankerOptions<M, SIZE> {
            crate::facade::__private::WorkerOptions::__from_options(
                crate::facade::__private::Options::new(mode, max_workers),
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
            worker: Ranker<M, SIZE>,
        ) -> ::core::result::Result<
            RankerHandle<M, SIZE>,
            crate::facade::__private::InitError<crate::facade::__private::Infallible>,
        >
        where
            Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
        {
            crate::facade::__private::Options::<Ranker<M, SIZE>>::from_defaults()
                .init(__constructor(worker))
                .map(crate::facade::__private::WorkerHandle::__from_handle)
        }
        ///Starts a pool with the type's own options, and waits for its workers without blocking the thread.
        ///
        ///Each worker starts with a clone of `worker`.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            worker: Ranker<M, SIZE>,
        ) -> ::core::result::Result<
            RankerHandle<M, SIZE>,
            crate::facade::__private::InitError<crate::facade::__private::Infallible>,
        >
        where
            Ranker<M, SIZE>: ::core::clone::Clone + ::core::marker::Send + 'static,
        {
            crate::facade::__private::Options::<Ranker<M, SIZE>>::from_defaults()
                .init_async(__constructor(worker))
                .await
                .map(crate::facade::__private::WorkerHandle::__from_handle)
        }
    }
};
