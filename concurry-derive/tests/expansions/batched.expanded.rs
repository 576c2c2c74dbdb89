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
    pub struct __complete<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __complete<Llm> {
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
            }
        }
        fn visit_batched_form<__V: ::concurry::__private::BatchedFormVisitor<Self>>(
            __visitor: __V,
        ) -> ::core::option::Option<__V::Output> {
            ::core::option::Option::Some(__visitor.visit::<__complete_batch<Llm>>())
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Batchable for __complete<Llm> {}
    #[automatically_derived]
    impl ::concurry::__private::StartRef for __complete<Llm> {
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
    struct __complete_batch<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __complete_batch<Llm> {
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
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::StartRef for __complete_batch<Llm> {
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
    impl ::concurry::__private::BatchedForm for __complete_batch<Llm> {
        type Single = __complete<Llm>;
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
    pub struct __add<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __add<Llm> {
        type Worker = Llm;
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
                worker: "Llm",
                name: "add",
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
                clone_args: ::concurry::__private::Probe::<(u64, u64)>::CLONE,
                verdict: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::VERDICT,
                describe: ::concurry::__private::Probe::<
                    ::concurry::__private::Infallible,
                >::DISPLAY,
            }
        }
        fn visit_batched_form<__V: ::concurry::__private::BatchedFormVisitor<Self>>(
            __visitor: __V,
        ) -> ::core::option::Option<__V::Output> {
            ::core::option::Option::Some(__visitor.visit::<__add_all<Llm>>())
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::Batchable for __add<Llm> {}
    #[automatically_derived]
    impl ::concurry::__private::RunRef for __add<Llm> {
        #[inline]
        fn run(
            __worker: &Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Llm>::add(__worker, __args.0, __args.1))
        }
    }
    pub struct __add_all<__W>(::core::marker::PhantomData<fn() -> __W>);
    #[automatically_derived]
    impl ::concurry::__private::Method for __add_all<Llm> {
        type Worker = Llm;
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
                worker: "Llm",
                name: "add_all",
                index: 3usize,
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
            }
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::RunMut for __add_all<Llm> {
        #[inline]
        fn run(
            __worker: &mut Self::Worker,
            __context: &::concurry::__private::CallContext,
            __args: Self::Args,
        ) -> ::core::result::Result<Self::Output, Self::Error> {
            ::core::result::Result::Ok(<Llm>::add_all(__worker, __args.0))
        }
    }
    #[automatically_derived]
    impl ::concurry::__private::BatchedForm for __add_all<Llm> {
        type Single = __add<Llm>;
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
                > as ::concurry::__private::BatchItems<(u64, u64)>>::from_items(__items),
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
            ::concurry::__private::to_weight(<Llm>::size(&__args.0, &__args.1))
        }
        fn batch_abilities() -> ::concurry::__private::BatchAbilities<Self> {
            use ::concurry::__private::FallbackProbe as _;
            ::concurry::__private::BatchAbilities {
                hash_rest: ::concurry::__private::Probe::<()>::HASH,
                clone_item: ::concurry::__private::Probe::<(u64, u64)>::CLONE,
            }
        }
        fn results(
            __output: <Self as ::concurry::__private::Method>::Output,
        ) -> ::concurry::__private::Vec<::concurry::__private::ResultOf<Self::Single>> {
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
        const METHODS: usize = 4usize;
        fn visit_methods<__V: ::concurry::__private::MethodVisitor<Self>>(
            __visitor: &mut __V,
        ) {
            __visitor.visit::<__complete<Llm>>();
            __visitor.visit::<__complete_batch<Llm>>();
            __visitor.visit::<__add<Llm>>();
            __visitor.visit::<__add_all<Llm>>();
        }
    }
    fn __constructor(
        worker: Llm,
    ) -> ::concurry::__private::Constructor<Llm, ::concurry::__private::Infallible> {
        ::concurry::__private::Constructor::blocking(worker, ::core::result::Result::Ok)
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
                .call::<__complete<Llm>>((prompt, temperature))
        }
        ///Calls `Llm::add` on a worker of the pool.
        #[inline]
        pub fn add(
            &self,
            left: u64,
            right: u64,
        ) -> ::concurry::__private::TaskFuture<u64, ::concurry::__private::Infallible> {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__add<Llm>>((left, right))
        }
        ///Calls `Llm::add_all` on a worker of the pool.
        #[inline]
        pub fn add_all(
            &self,
            pairs: Vec<(u64, u64)>,
        ) -> ::concurry::__private::TaskFuture<
            Vec<u64>,
            ::concurry::__private::Infallible,
        > {
            ::concurry::__private::WorkerHandle::__handle(self)
                .call::<__add_all<Llm>>((pairs,))
        }
    }
    impl LlmOptions {
        ///Sets options of `complete` alone.
        pub fn on_complete(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__complete<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__complete<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__complete<Llm>>(configure);
            self
        }
        ///Sets options of `add` alone.
        pub fn on_add(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__add<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__add<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__add<Llm>>(configure);
            self
        }
        ///Sets options of `add_all` alone.
        pub fn on_add_all(
            mut self,
            configure: impl ::core::ops::FnOnce(
                ::concurry::__private::MethodOptions<__add_all<Llm>>,
            ) -> ::concurry::__private::MethodOptions<__add_all<Llm>>,
        ) -> Self {
            ::concurry::__private::WorkerOptions::__options(&mut self)
                .configure::<__add_all<Llm>>(configure);
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
