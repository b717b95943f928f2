(** Convolutional networks, evaluated in any numbers. *)

From Coq Require Import List ZArith QArith Lia.
From ExactCNN Require Import Numbers.
Import ListNotations.

(** A term (i, j, c) stands for c x^i E^j; E occurs in exponential activations only. *)
Definition terms : Type := list (nat * nat * Q).

(** An activation is given on each piece between its kinks, in ascending order, by a numerator and a denominator; an empty
    denominator stands for 1. E is t^(D g(x)); [exponent] has the coefficients of g, ascending, and is empty without E. *)
Record activation := Activation {
  kinks : list Q;
  pieces : list (terms * terms);
  exponent : list Q
}.

Inductive bias := NoBias | EachFilter | EachNeuron.

(** A patch lists neurons of the layer below; -1 is a slot of zero padding. *)
Inductive layer :=
| Convolution (patches : list (list Z)) (filters : nat) (b : bias) (act : activation)
| MaxPooling (patches : list (list Z))
| AveragePooling (patches : list (list Z)) (divisors : list positive)
| Elementwise (act : activation).

(** Weights have a row for each slot of a patch, with an entry for each filter. *)
Record parameters (K : numbers) := Parameters {
  weights : list (list K);
  biases : list K
}.
Arguments Parameters {K}. Arguments weights {K}. Arguments biases {K}.

Section Evaluation.
  Variable K : numbers.

  Definition total : list K -> K := fold_right add zero.

  Definition dot (x y : list K) : K := total (map (fun pair => mul (fst pair) (snd pair)) (combine x y)).

  Definition slot (x : list K) (s : Z) : K := if (s <? 0)%Z then zero else nth (Z.to_nat s) x zero.

  Definition filter_weights (p : parameters K) (t : nat) : list K := map (fun row => nth t row zero) (weights p).

  (** Of filter t at patch h: neuron h T + t. *)
  Definition bias_of (p : parameters K) (T : nat) (b : bias) (h t : nat) : K :=
    match b with
    | NoBias => zero
    | EachFilter => nth t (biases p) zero
    | EachNeuron => nth (h * T + t) (biases p) zero
    end.

  Definition pre_activations (p : parameters K) (patches : list (list Z)) (T : nat) (b : bias) (x : list K) : list K :=
    concat (map (fun numbered =>
      let read := map (slot x) (snd numbered) in
      map (fun t => add (dot read (filter_weights p t)) (bias_of p T b (fst numbered) t)) (seq 0 T))
      (combine (seq 0 (length patches)) patches)).

  Fixpoint power (x : K) (n : nat) : K := match n with O => one | S n' => mul x (power x n') end.

  Definition polynomial (f : terms) (x e : K) : K :=
    total (map (fun '(i, j, c) => mul (of_Q c) (mul (power x i) (power e j))) f).

  Definition quotient (piece : terms * terms) (x e : K) : K :=
    match snd piece with
    | [] => polynomial (fst piece) x e
    | denominator => mul (polynomial (fst piece) x e) (inv (polynomial denominator x e))
    end.

  Variable apply : activation -> K -> K.
  Variable greatest : list K -> K.

  Definition evaluate_layer (own : layer * parameters K) (x : list K) : list K :=
    match fst own with
    | Convolution patches T b act => map (apply act) (pre_activations (snd own) patches T b x)
    | MaxPooling patches =>
        map (fun patch => greatest (map (slot x) (filter (fun s => (0 <=? s)%Z) patch))) patches
    | AveragePooling patches divisors =>
        map (fun pair => mul (of_Q (1 # snd pair)) (total (map (slot x) (fst pair)))) (combine patches divisors)
    | Elementwise act => map (apply act) x
    end.

  Definition evaluate (network : list (layer * parameters K)) (x : list K) : list K :=
    fold_left (fun values own => evaluate_layer own values) network x.
End Evaluation.

(** The piece on which x lies. *)
Fixpoint piece_at {A : Type} (kinks : list Q) (pieces : list A) (default : A) (x : Q) : A :=
  match kinks, pieces with
  | k :: kinks', piece :: pieces' => if Qle_bool x k then piece else piece_at kinks' pieces' default x
  | _, piece :: _ => piece
  | _, [] => default
  end.

Definition apply_rational (act : activation) (x : rationals) : rationals :=
  quotient rationals (piece_at (kinks act) (pieces act) ([], []) x) x one.

Definition greater (x y : Q) : Q := if Qle_bool x y then y else x.
Definition greatest_rational (l : list rationals) : rationals :=
  match l with [] => 0 | x :: l' => fold_left greater l' x end.

(** The values of the last layer of a network over Q. *)
Definition outputs (network : list (layer * parameters rationals)) (x : list Q) : list Q :=
  evaluate rationals apply_rational greatest_rational network x.

(** The feature matrix: a row for each sample. *)
Definition features (network : list (layer * parameters rationals)) (samples : list (list Q)) : list (list Q) :=
  map (outputs network) samples.

(** If all operations respect a relation between two kinds of numbers, so do networks. *)
Section Relation.
  Variables K L : numbers.
  Variable R : K -> L -> Prop.
  Hypothesis R_add : forall x y a b, R x a -> R y b -> R (add x y) (add a b).
  Hypothesis R_mul : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b).
  Hypothesis R_inv : forall x a, R x a -> R (inv x) (inv a).
  Hypothesis R_of_Q : forall q, R (of_Q q) (of_Q q).

  Definition R_list : list K -> list L -> Prop := Forall2 R.

  Lemma R_zero : R zero zero. Proof. apply R_of_Q. Qed.

  Lemma R_nth x a (i : nat) : R_list x a -> R (nth i x zero) (nth i a zero).
  Proof. intro H. revert i. induction H; intros [| i]; simpl; try apply R_zero; auto. Qed.

  Lemma R_map {A : Type} (f : A -> K) (g : A -> L) (l : list A) : (forall a, R (f a) (g a)) -> R_list (map f l) (map g l).
  Proof. intro H. induction l; simpl; constructor; auto. Qed.

  Lemma R_total x a : R_list x a -> R (total K x) (total L a).
  Proof. induction 1; simpl; [apply R_zero | apply R_add; auto]. Qed.

  Lemma R_dot x a y b : R_list x a -> R_list y b -> R (dot K x y) (dot L a b).
  Proof.
    intros H H'. apply R_total. revert y b H'. induction H; intros y' b' H'; simpl; [constructor |].
    destruct H'; simpl; constructor; [apply R_mul; assumption | apply IHForall2; assumption].
  Qed.

  Lemma R_slot x a (s : Z) : R_list x a -> R (slot K x s) (slot L a s).
  Proof. intro H. unfold slot. destruct (s <? 0)%Z; [apply R_zero | apply R_nth; exact H]. Qed.

  Lemma R_power x a (n : nat) : R x a -> R (power K x n) (power L a n).
  Proof. intro H. induction n; simpl; [apply R_of_Q | apply R_mul; assumption]. Qed.

  Lemma R_polynomial (f : terms) x e a b : R x a -> R e b -> R (polynomial K f x e) (polynomial L f a b).
  Proof.
    intros H H'. apply R_total. apply R_map. intros [[i j] c].
    repeat apply R_mul; auto using R_of_Q, R_power.
  Qed.

  Lemma R_quotient (piece : terms * terms) x e a b : R x a -> R e b -> R (quotient K piece x e) (quotient L piece a b).
  Proof.
    intros H H'. unfold quotient. destruct (snd piece); [apply R_polynomial; assumption |].
    apply R_mul; [| apply R_inv]; apply R_polynomial; assumption.
  Qed.

  Definition R_parameters (p : parameters K) (q : parameters L) : Prop :=
    Forall2 R_list (weights p) (weights q) /\ R_list (biases p) (biases q).

  Lemma R_filter_weights p q (t : nat) : R_parameters p q -> R_list (filter_weights K p t) (filter_weights L q t).
  Proof.
    intros [W _]. unfold filter_weights. induction W; simpl; constructor; [apply R_nth; assumption | assumption].
  Qed.

  Lemma R_pre_activations p q patches T b x a : R_parameters p q -> R_list x a ->
    R_list (pre_activations K p patches T b x) (pre_activations L q patches T b a).
  Proof.
    intros P H. unfold pre_activations. generalize (combine (seq 0 (length patches)) patches). intro l.
    induction l as [| [h patch] l IH]; simpl; [constructor |]. apply Forall2_app; [| exact IH].
    apply R_map. intro t. apply R_add.
    - apply R_dot; [apply R_map; intro s; apply R_slot; exact H | apply R_filter_weights; exact P].
    - destruct P as [_ B]. destruct b; simpl; [apply R_zero | apply R_nth; exact B | apply R_nth; exact B].
  Qed.

  Variable apply : activation -> K -> K.
  Variable apply' : activation -> L -> L.
  Variable greatest : list K -> K.
  Variable greatest' : list L -> L.
  Hypothesis R_apply : forall act x a, R x a -> R (apply act x) (apply' act a).
  Hypothesis R_greatest : forall x a, R_list x a -> R (greatest x) (greatest' a).

  Lemma R_applied act x a : R_list x a -> R_list (map (apply act) x) (map (apply' act) a).
  Proof. induction 1; simpl; constructor; auto. Qed.

  Definition R_layers : list (layer * parameters K) -> list (layer * parameters L) -> Prop :=
    Forall2 (fun own own' => fst own = fst own' /\ R_parameters (snd own) (snd own')).

  Theorem R_evaluate network network' x a : R_layers network network' -> R_list x a ->
    R_list (evaluate K apply greatest network x) (evaluate L apply' greatest' network' a).
  Proof.
    intro N. revert x a. induction N as [| [l p] [l' q] network network' [E P] N IH]; intros x a H; [exact H |].
    simpl in E. subst l'. simpl in P. apply IH. destruct l as [patches T b act | patches | patches divisors | act]; simpl.
    - apply R_applied. apply R_pre_activations; assumption.
    - apply R_map. intro patch. apply R_greatest. apply R_map. intro s. apply R_slot. exact H.
    - apply R_map. intros [patch d]. apply R_mul; [apply R_of_Q | apply R_total; apply R_map; intro s; apply R_slot; exact H].
    - apply R_applied. exact H.
  Qed.
End Relation.
