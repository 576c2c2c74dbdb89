impl Adder {
    #[cfg(feature = "add")]
    pub fn add(&self, left: u64, right: u64) -> u64 {
        left + right
    }
    pub fn add_all(&mut self, pairs: Vec<(u64, u64)>) -> Vec<u64> {
        pairs
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
    #[cfg(feature = "add")]
    pub struct __add_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[cfg(feature = "add")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::Method for __add_method<Adder> {
            type Worker = Adder;
            type Args = (u64, u64);
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
                    worker: "Adder",
                    name: "add",
                    index: 0usize,
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
                    clone_args: ::concurry::__private::Probe::<(u64, u64)>::CLONE,
                    verdict: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::VERDICT,
                    describe: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::DISPLAY,
                    wires: ::concurry::__private::MethodWires {
                        arguments: ::concurry::__private::Probe::<(u64, u64)>::ARGUMENTS,
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
                            __see(
                                ::core::any::type_name::<u64>(),
                                ::concurry::__private::Probe::<u64>::CARRY.is_some(),
                            );
                        },
                    },
                }
            }
            fn visit_batched_form<__V: ::concurry::__private::BatchedFormVisitor<Self>>(
                __visitor: __V,
            ) -> ::core::option::Option<__V::Output> {
                ::core::option::Option::Some(
                    __visitor.visit::<__add_all_method<Adder>>(),
                )
            }
        }
        #[automatically_derived]
        impl ::concurry::__private::Batchable for __add_method<Adder> {}
        #[automatically_derived]
        impl ::concurry::__private::RunRef for __add_method<Adder> {
            #[inline]
            fn run(
                __worker: &Self::Worker,
                __context: &::concurry::__private::CallContext,
                __args: Self::Args,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                ::core::result::Result::Ok(<Adder>::add(__worker, __args.0, __args.1))
            }
        }
    };
    pub struct __add_all_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __add_all_method<Adder> {
        type Worker = Adder;
        type Args = (Vec<(u64, u64)>,);
        type Output = Vec<u64>;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncMut;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < Vec < u64 > > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Adder",
                name: "add_all",
                index: 0usize + (::core::cfg!(all(feature = "add")) as usize),
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
                clone_args: ::concurry::__private::Probe::<(Vec<(u64, u64)>,)>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<
                        (Vec<(u64, u64)>,),
                    >::ARGUMENTS,
                    output: ::concurry::__private::Probe::<Vec<u64>>::CARRY,
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
                            ::core::any::type_name::<Vec<(u64, u64)>>(),
                            ::concurry::__private::Probe::<Vec<(u64, u64)>>::CARRY
                                .is_some(),
                        );
                        __see(
                            ::core::any::type_name::<Vec<u64>>(),
                            ::concurry::__private::Probe::<Vec<u64>>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunMut for __add_all_method<Adder> {
        #[inline]
        fn run(
            __worker: &mut Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Adder>::add_all(__worker, __args.0))
        }
    }
    #[cfg(feature = "add")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::BatchedForm for __add_all_method<Adder> {
            type Single = __add_method<Adder>;
            type Item = (u64, u64);
            type Rest = ();
            const SETTINGS: ::concurry::__private::BatchSettings = ::concurry::__private::BatchSettings {
                max_size: ::core::option::Option::None,
                max_wait: ::core::option::Option::None,
                max_weight: ::core::option::Option::Some(8_000 as f64),
                limit: ::core::option::Option::Some("tokens"),
                bisect: false,
            };
            const HAS_REST: bool = false;
            #[inline]
            fn split(
                __args: <Self::Single as ::concurry::__private::Method>::Args,
            ) -> (Self::Item, Self::Rest) {
                ((__args.0, __args.1), ())
            }
            #[inline]
            fn join(
                __items: ::concurry::__private::Vec<Self::Item>,
                __rest: Self::Rest,
            ) -> <Self as ::concurry::__private::Method>::Args {
                let _ = &__rest;
                (
                    <Vec<
                        (u64, u64),
                    > as ::concurry::__private::BatchItems<
                        (u64, u64),
                    >>::from_items(__items),
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
            fn weight(
                __args: &<Self::Single as ::concurry::__private::Method>::Args,
            ) -> f64 {
                ::concurry::__private::to_weight(<Adder>::size(&__args.0, &__args.1))
            }
            fn batch_abilities() -> ::concurry::__private::BatchAbilities<Self> {
                use ::concurry::__private::FallbackProbe as _;
                ::concurry::__private::BatchAbilities {
                    hash_rest: ::concurry::__private::Probe::<()>::HASH,
                    clone_item: ::concurry::__private::Probe::<(u64, u64)>::CLONE,
                    blames_items: ::concurry::__private::Probe::<
                        ::concurry::__private::Infallible,
                    >::BLAMES_ARGUMENTS,
                }
            }
            fn results(
                __output: <Self as ::concurry::__private::Method>::Output,
            ) -> ::concurry::__private::Vec<
                ::concurry::__private::ResultOf<Self::Single>,
            > {
                <Vec<
                    u64,
                > as ::concurry::__private::BatchResults<
                    u64,
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
    #[automatically_derived]
    impl ::concurry::__private::Worker for Adder {
        type Handle = AdderHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Adder>::SEND,
                sync: ::concurry::__private::Probe::<Adder>::SYNC,
            }
        };
        const METHODS: usize = 1usize + (::core::cfg!(all(feature = "add")) as usize);
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            #[cfg(feature = "add")] __visitor.visit::<__add_method<Adder>>();
            __visitor.visit::<__add_all_method<Adder>>();
        }
    }
    fn __constructor(
        worker: Adder,
    ) -> ::concurry::__private::Constructor<Adder, ::concurry::__private::Infallible> {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < Adder > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        #[cfg(feature = "add")]
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        #[cfg(feature = "add")]
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        #[cfg(feature = "add")]
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < u64 > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < Vec < (u64, u64) > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Adder, _ > (&
                ::concurry::__private::Probe:: < Vec < u64 > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::blocking(
            worker,
            ::concurry::__private::ConstructorWires {
                parameters: ::concurry::__private::Probe::<Adder>::CARRY,
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
    impl Adder {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Adder,
                Adder,
                ::concurry::__private::Infallible,
            >(
                ::concurry::__private::ConstructorWires {
                    parameters: ::concurry::__private::Probe::<Adder>::CARRY,
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
        Adder
    }
    impl AdderHandle {
        ///Calls `Adder::add` on a worker of the pool.
        #[cfg(feature = "add")]
        #[inline]
        pub fn add(
            &self,
            left: u64,
            right: u64,
        ) -> ::concurry::__private::TaskFuture<u64, ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__add_method<Adder>>((left, right))
        }
        ///Calls `Adder::add_all` on a worker of the pool.
        #[inline]
        pub fn add_all(
            &self,
            pairs: Vec<(u64, u64)>,
        ) -> ::concurry::__private::TaskFuture<
            Vec<u64>,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__add_all_method<Adder>>((pairs,))
        }
    }
    impl AdderOptions {
        ///Sets options of `add` alone.
        #[cfg(feature = "add")]
        pub fn on_add(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__add_method<Adder>>,
            ) -> ::concurry::__private::MethodOptions<__add_method<Adder>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__add_method<Adder>>(configure);
            self
        }
        ///Sets options of `add_all` alone.
        pub fn on_add_all(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__add_all_method<Adder>>,
            ) -> ::concurry::__private::MethodOptions<__add_all_method<Adder>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__add_all_method<Adder>>(configure);
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
            worker: Adder,
        ) -> ::core::result::Result<
            AdderHandle,
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
            worker: Adder,
        ) -> ::core::result::Result<
            AdderHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor(worker))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    #[cfg(feature = "add")]
    const _: () = {
        #[automatically_derived]
        impl ::concurry::__private::LazyMethod for __add_method<Adder> {
            type Inputs = (
                ::concurry::__private::Argument<u64>,
                ::concurry::__private::Argument<u64>,
            );
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
                        ::concurry::__private::either(
                            ::concurry::__private::LazyProbe::<u64>::COMPARER,
                            ::concurry::__private::LazyProbe::<u64>::WRITTEN,
                        ),
                    ),
                    record: ::concurry::__private::LazyProbe::<u64>::RECORD,
                    key: ::concurry::__private::LazyProbe::<(u64, u64)>::KEY,
                }
            }
        }
    };
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __add_all_method<Adder> {
        type Inputs = (::concurry::__private::Argument<Vec<(u64, u64)>>,);
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<Vec<u64>>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    ::concurry::__private::Infallible,
                >::ERASER,
                comparers: (
                    ::concurry::__private::either(
                        ::concurry::__private::LazyProbe::<Vec<(u64, u64)>>::COMPARER,
                        ::concurry::__private::LazyProbe::<Vec<(u64, u64)>>::WRITTEN,
                    ),
                ),
                record: ::concurry::__private::LazyProbe::<Vec<u64>>::RECORD,
                key: ::concurry::__private::LazyProbe::<(Vec<(u64, u64)>,)>::KEY,
            }
        }
    }
    impl AdderLazy {
        ///A call of `Adder::add` as a node of a graph.
        #[cfg(feature = "add")]
        pub fn add(
            &self,
            left: impl ::concurry::__private::IntoNode<u64>,
            right: impl ::concurry::__private::IntoNode<u64>,
        ) -> ::concurry::__private::Lazy<u64> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __add_method<Adder>,
                >((
                    ::concurry::__private::IntoNode::<u64>::into_argument(left),
                    ::concurry::__private::IntoNode::<u64>::into_argument(right),
                ))
        }
        ///A call of `Adder::add_all` as a node of a graph.
        pub fn add_all(
            &self,
            pairs: impl ::concurry::__private::IntoNode<Vec<(u64, u64)>>,
        ) -> ::concurry::__private::Lazy<Vec<u64>> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<
                    __add_all_method<Adder>,
                >((
                    ::concurry::__private::IntoNode::<
                        Vec<(u64, u64)>,
                    >::into_argument(pairs),
                ))
        }
    }
    impl Adder {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> AdderOptions {
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
            worker: Adder,
        ) -> ::core::result::Result<
            AdderHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Adder>::from_defaults()
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
            worker: Adder,
        ) -> ::core::result::Result<
            AdderHandle,
            ::concurry::__private::InitError<::concurry::__private::Infallible>,
        > {
            ::concurry::__private::Options::<Adder>::from_defaults()
                .init_async(__constructor(worker))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
