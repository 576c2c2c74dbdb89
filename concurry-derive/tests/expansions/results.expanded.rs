impl Client {
    pub async fn new(address: String) -> anyhow::Result<Self> {
        Self::connect(address).await
    }
    pub fn written(&self) -> Result<Vec<Self>, ClientError> {
        self.peers()
    }
    pub async fn alias(&self) -> io::Result<u8> {
        self.read().await
    }
    pub fn plain(&self) -> Option<Reply> {
        self.last()
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
    pub struct __written_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __written_method<Client> {
        type Worker = Client;
        type Args = ();
        type Output = Vec<Client>;
        type Error = ClientError;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Client",
            name: "written",
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
                verdict: ::concurry::__private::Probe::<ClientError>::VERDICT,
                describe: ::concurry::__private::Probe::<ClientError>::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<()>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<Vec<Client>>::CARRY,
                    error: ::concurry::__private::Probe::<ClientError>::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<ClientError>::ERROR_TEXT,
                        ::concurry::__private::Probe::<ClientError>::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<ClientError>::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<ClientError>::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<Vec<Client>>(),
                            ::concurry::__private::Probe::<Vec<Client>>::CARRY.is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __written_method<Client> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            <Result<
                Vec<Client>,
                ClientError,
            > as ::concurry::__private::Outcome>::into_result(
                <Client>::written(__worker),
            )
        }
    }
    pub struct __alias_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __alias_method<Client> {
        type Worker = Client;
        type Args = ();
        type Output = <io::Result<u8> as ::concurry::__private::Outcome>::Output;
        type Error = <io::Result<u8> as ::concurry::__private::Outcome>::Error;
        type Shape = ::concurry::__private::AsyncRef;
        const SPEC: ::concurry::__private::MethodSpec = ::concurry::__private::MethodSpec {
            worker: "Client",
            name: "alias",
            index: 1usize,
            exclusive: false,
            asynchronous: true,
            uses_context: false,
            idempotent: false,
            pure: false,
        };
        fn abilities() -> ::concurry::__private::Abilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Abilities {
                clone_args: ::concurry::__private::Probe::<()>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                >::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<()>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<
                        <io::Result<u8> as ::concurry::__private::Outcome>::Output,
                    >::CARRY,
                    error: ::concurry::__private::Probe::<
                        <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                    >::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<
                            <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                        >::ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                        >::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                        >::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<
                            <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                        >::DEBUG_TEXT,
                    ),
                    types: |__see| {
                        __see(
                            ::core::any::type_name::<
                                <io::Result<u8> as ::concurry::__private::Outcome>::Output,
                            >(),
                            ::concurry::__private::Probe::<
                                <io::Result<u8> as ::concurry::__private::Outcome>::Output,
                            >::CARRY
                                .is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::StartRef for __alias_method<Client> {
        type Raw = io::Result<u8>;
        #[inline]
        fn start(
            __worker: &Self::Worker,
            __context: ::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> impl ::core::future::Future<Output = Self::Raw> {
            ::core::mem::drop(__context);
            <Client>::alias(__worker)
        }
        #[inline]
        fn finish(
            __raw: Self::Raw,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            <io::Result<u8> as ::concurry::__private::Outcome>::into_result(__raw)
        }
    }
    pub struct __plain_method<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __plain_method<Client> {
        type Worker = Client;
        type Args = ();
        type Output = Option<Reply>;
        type Error = ::concurry::__private::Infallible;
        type Shape = ::concurry::__private::SyncRef;
        const SPEC: ::concurry::__private::MethodSpec = {
            const _: () = {
                use ::concurry::__private::FallbackProbe as _;
                ::core::assert!(
                    ! ::concurry::__private::Probe:: < Option < Reply > > ::IS_RESULT,
                    "this return type is a `Result` under another name: write `Result<T, E>`, or name the alias `Result`"
                );
            };
            ::concurry::__private::MethodSpec {
                worker: "Client",
                name: "plain",
                index: 2usize,
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
                clone_args: ::concurry::__private::Probe::<()>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
                wires: ::concurry::__private::MethodWires {
                    arguments: ::concurry::__private::Probe::<()>::ARGUMENTS,
                    output: ::concurry::__private::Probe::<Option<Reply>>::CARRY,
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
                            ::core::any::type_name::<Option<Reply>>(),
                            ::concurry::__private::Probe::<Option<Reply>>::CARRY
                                .is_some(),
                        );
                    },
                },
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __plain_method<Client> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Client>::plain(__worker))
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Worker for Client {
        type Handle = ClientHandle;
        const STATE: ::concurry::__private::StateTraits = {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::StateTraits {
                send: ::concurry::__private::Probe::<Client>::SEND,
                sync: ::concurry::__private::Probe::<Client>::SYNC,
            }
        };
        const METHODS: usize = 3usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__written_method<Client>>();
            __visitor.visit::<__alias_method<Client>>();
            __visitor.visit::<__plain_method<Client>>();
        }
    }
    fn __constructor(
        address: String,
    ) -> ::concurry::__private::Constructor<
        Client,
        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
    > {
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Client, _ > (&
                ::concurry::__private::Probe:: < String > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Client, _ > (&
                ::concurry::__private::Probe:: < Vec < Client > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Client, _ > (&
                ::concurry::__private::Probe:: < < io::Result < u8 > as
                ::concurry::__private::Outcome > ::Output > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        const _: () = {
            use ::concurry::__private::FallbackProbe as _;
            ::core::assert!(
                ! ::concurry::__private::stays:: < Client, _ > (&
                ::concurry::__private::Probe:: < Option < Reply > > ::CARRY),
                "this type can't leave the process, as `#[worker(process)]` asks: derive serde's `Serialize` and `Deserialize` for it, or use a type that has them"
            );
        };
        use ::concurry::__private::FallbackProbe as _;
        ::concurry::__private::Constructor::asynchronous(
            (address,),
            ::concurry::__private::ConstructorWires {
                parameters: ::concurry::__private::Probe::<(String,)>::ARGUMENTS,
                error: ::concurry::__private::Probe::<
                    <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                >::CARRY,
                error_text: ::concurry::__private::error_text(
                    ::concurry::__private::Probe::<
                        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                    >::ERROR_TEXT,
                    ::concurry::__private::Probe::<
                        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                    >::AS_ERROR_TEXT,
                    ::concurry::__private::Probe::<
                        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                    >::DISPLAY_TEXT,
                    ::concurry::__private::Probe::<
                        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                    >::DEBUG_TEXT,
                ),
            },
            |__parameters: (String,)| async move {
                ::concurry::__private::Outcome::into_result(
                    <Client>::new(__parameters.0).await,
                )
            },
        )
    }
    impl Client {
        #[doc(hidden)]
        pub fn __registration() -> ::concurry::__private::Registration {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::Registration::of::<
                Client,
                (String,),
                <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
            >(
                ::concurry::__private::ConstructorWires {
                    parameters: ::concurry::__private::Probe::<(String,)>::ARGUMENTS,
                    error: ::concurry::__private::Probe::<
                        <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
                    >::CARRY,
                    error_text: ::concurry::__private::error_text(
                        ::concurry::__private::Probe::<
                            <anyhow::Result<
                                Client,
                            > as ::concurry::__private::Outcome>::Error,
                        >::ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            <anyhow::Result<
                                Client,
                            > as ::concurry::__private::Outcome>::Error,
                        >::AS_ERROR_TEXT,
                        ::concurry::__private::Probe::<
                            <anyhow::Result<
                                Client,
                            > as ::concurry::__private::Outcome>::Error,
                        >::DISPLAY_TEXT,
                        ::concurry::__private::Probe::<
                            <anyhow::Result<
                                Client,
                            > as ::concurry::__private::Outcome>::Error,
                        >::DEBUG_TEXT,
                    ),
                },
                |__parameters| __constructor(__parameters.0),
            )
        }
    }
    ::concurry::__private::register! {
        Client
    }
    impl ClientHandle {
        ///Calls `Client::written` on a worker of the pool.
        #[inline]
        pub fn written(
            &self,
        ) -> ::concurry::__private::TaskFuture<Vec<Client>, ClientError> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__written_method<Client>>(())
        }
        ///Calls `Client::alias` on a worker of the pool.
        #[inline]
        pub fn alias(
            &self,
        ) -> ::concurry::__private::TaskFuture<
            <io::Result<u8> as ::concurry::__private::Outcome>::Output,
            <io::Result<u8> as ::concurry::__private::Outcome>::Error,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__alias_method<Client>>(())
        }
        ///Calls `Client::plain` on a worker of the pool.
        #[inline]
        pub fn plain(
            &self,
        ) -> ::concurry::__private::TaskFuture<
            Option<Reply>,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__plain_method<Client>>(())
        }
    }
    impl ClientOptions {
        ///Sets options of `written` alone.
        pub fn on_written(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__written_method<Client>>,
            ) -> ::concurry::__private::MethodOptions<__written_method<Client>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__written_method<Client>>(configure);
            self
        }
        ///Sets options of `alias` alone.
        pub fn on_alias(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__alias_method<Client>>,
            ) -> ::concurry::__private::MethodOptions<__alias_method<Client>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__alias_method<Client>>(configure);
            self
        }
        ///Sets options of `plain` alone.
        pub fn on_plain(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__plain_method<Client>>,
            ) -> ::concurry::__private::MethodOptions<__plain_method<Client>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__plain_method<Client>>(configure);
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
            address: String,
        ) -> ::core::result::Result<
            ClientHandle,
            ::concurry::__private::InitError<
                <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
            >,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init(__constructor(address))
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
            address: String,
        ) -> ::core::result::Result<
            ClientHandle,
            ::concurry::__private::InitError<
                <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
            >,
        > {
            ::concurry::__private::WorkerOptions::__into_options(self)
                .init_async(__constructor(address))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __written_method<Client> {
        type Inputs = ();
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<Vec<Client>>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<ClientError>::ERASER,
                comparers: (),
                record: ::concurry::__private::LazyProbe::<Vec<Client>>::RECORD,
                key: ::concurry::__private::LazyProbe::<()>::KEY,
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __alias_method<Client> {
        type Inputs = ();
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<
                    <io::Result<u8> as ::concurry::__private::Outcome>::Output,
                >::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    <io::Result<u8> as ::concurry::__private::Outcome>::Error,
                >::ERASER,
                comparers: (),
                record: ::concurry::__private::LazyProbe::<
                    <io::Result<u8> as ::concurry::__private::Outcome>::Output,
                >::RECORD,
                key: ::concurry::__private::LazyProbe::<()>::KEY,
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::LazyMethod for __plain_method<Client> {
        type Inputs = ();
        fn traits() -> ::concurry::__private::MethodTraits<Self> {
            use ::concurry::__private::LazyFallbackProbe as _;
            ::concurry::__private::MethodTraits {
                clone_output: ::concurry::__private::LazyProbe::<Option<Reply>>::CLONE,
                erase_error: ::concurry::__private::LazyProbe::<
                    ::concurry::__private::Infallible,
                >::ERASER,
                comparers: (),
                record: ::concurry::__private::LazyProbe::<Option<Reply>>::RECORD,
                key: ::concurry::__private::LazyProbe::<()>::KEY,
            }
        }
    }
    impl ClientLazy {
        ///A call of `Client::written` as a node of a graph.
        pub fn written(&self) -> ::concurry::__private::Lazy<Vec<Client>> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<__written_method<Client>>(())
        }
        ///A call of `Client::alias` as a node of a graph.
        pub fn alias(
            &self,
        ) -> ::concurry::__private::Lazy<
            <io::Result<u8> as ::concurry::__private::Outcome>::Output,
        > {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<__alias_method<Client>>(())
        }
        ///A call of `Client::plain` as a node of a graph.
        pub fn plain(&self) -> ::concurry::__private::Lazy<Option<Reply>> {
            ::concurry::__private::LazyTwin::__pool(self)
                .call::<__plain_method<Client>>(())
        }
    }
    impl Client {
        /// The options of a pool of up to `max_workers` of these workers that run in `mode`.
        pub fn options(
            mode: ::concurry::__private::Mode,
            max_workers: usize,
        ) -> ClientOptions {
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
        pub fn init(
            address: String,
        ) -> ::core::result::Result<
            ClientHandle,
            ::concurry::__private::InitError<
                <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
            >,
        > {
            ::concurry::__private::Options::<Client>::from_defaults()
                .init(__constructor(address))
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
        ///Starts a pool with the type's own options, and waits for its workers without blocking the thread.
        ///
        ///The parameters are those of `new`, which runs once for each worker.
        ///
        /// # Errors
        ///
        /// Those of `init`.
        pub async fn init_async(
            address: String,
        ) -> ::core::result::Result<
            ClientHandle,
            ::concurry::__private::InitError<
                <anyhow::Result<Client> as ::concurry::__private::Outcome>::Error,
            >,
        > {
            ::concurry::__private::Options::<Client>::from_defaults()
                .init_async(__constructor(address))
                .await
                .map(::concurry::__private::WorkerHandle::__from_handle)
        }
    }
};
