(** 1, powers of t and 1/(1 + t^k) are linearly independent over Q: docs/explanation/names-of-numbers.md. K is any field that
    contains Q, and t any element of K that is transcendental over Q. *)

From Coq Require Import List ZArith QArith Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Residues Networks Exponentials.
Import ListNotations.
Local Open Scope Z_scope.

(** t^l, which is 1 for l = 0, and 1/(1 + t^k). *)
Inductive name := Power (l : Z) | Sigmoid (k : positive).

Definition meaning (K : numbers) (t : K) (x : name) : K :=
  match x with Power l => power_integer K t l | Sigmoid k => inv (add one (power_positive K t k)) end.

Definition sum {K : numbers} (f : name -> K) (names : list name) : K := fold_right (fun x s => add (f x) s) zero names.

(** Its power series has this coefficient at t^n. *)
Definition coefficient (x : name) (n : Z) : Z :=
  match x with
  | Power l => if n =? l then 1 else 0
  | Sigmoid k => if (0 <=? n) && (n mod Zpos k =? 0) then (if Z.even (n / Zpos k) then 1 else -1) else 0
  end.

Definition integer_sum (f : name -> Z) (names : list name) : Z := fold_right (fun x s => f x + s) 0 names.

Lemma integer_sum_one f names x :
  NoDup names -> In x names -> (forall y, In y names -> y <> x -> f y = 0) -> integer_sum f names = f x.
Proof.
  intros N I Z. induction N as [| y names Y N IH]; [destruct I |]. cbn [integer_sum fold_right]. fold (integer_sum f names).
  destruct I as [-> | I].
  - enough (integer_sum f names = 0) by lia. clear IH N. induction names as [| z names IH]; [reflexivity |].
    cbn [integer_sum fold_right]. rewrite Z, Z.add_0_l; [apply IH | right; left |]; try reflexivity.
    + intro J. apply Y. right. exact J.
    + intros w [W | W]; apply Z; [left | right; right]; exact W.
    + intros ->. apply Y. left. reflexivity.
  - rewrite Z, Z.add_0_l; [apply IH | left |]; try reflexivity; [exact I | intros w W; apply Z; right; exact W |].
    intros ->. contradiction.
Qed.

Lemma exponents_bounded names : exists M : nat, forall l, In (Power l) names -> Z.abs l <= Z.of_nat M.
Proof.
  induction names as [| x names [M H]]; [exists O; contradiction |].
  exists (M + match x with Power l => Z.to_nat (Z.abs l) | _ => 0 end)%nat.
  intros l [-> | I]; [| apply H in I]; lia.
Qed.

(** A common multiple. *)
Lemma common_multiple {A} (f : A -> positive) l : exists M : Z, 0 < M /\ forall x, In x l -> (Zpos (f x) | M).
Proof.
  induction l as [| x l (M & P & H)]; [exists 1; split; [lia | contradiction] |].
  exists (Zpos (f x) * M). split; [lia |]. intros y [-> | I]; [apply Z.divide_factor_l | apply Z.divide_mul_r, H, I].
Qed.

(** Different names are independent power series. *)
Lemma series_independent (c : name -> Z) names : NoDup names ->
  (forall n, integer_sum (fun x => c x * coefficient x n) names = 0) -> forall x, In x names -> c x = 0.
Proof.
  intros N E. assert (S : forall b k, (Pos.to_nat k < b)%nat -> In (Sigmoid k) names -> c (Sigmoid k) = 0).
  { induction b as [| b IH]; intros k Hb I; [lia |]. destruct (exponents_bounded names) as [L HL].
    destruct (common_multiple (fun x => match x with Sigmoid k => k | _ => xH end) names) as (M & M_positive & HM).
    set (P := 1 + M * (Z.of_nat L + 1)). specialize (E (Zpos k * P)).
    rewrite integer_sum_one with (x := Sigmoid k) in E; [| exact N | exact I |].
    - cbn [coefficient] in E. rewrite (Z.mul_comm (Zpos k)), Z_mod_mult, Z_div_mult in E by lia.
      destruct (Z.leb_spec 0 (P * Zpos k)), (Z.even P); cbn in E; lia.
    - intros [l | k'] J D.
      + apply HL in J. cbn [coefficient]. destruct (Z.eqb_spec (Zpos k * P) l); [nia | lia].
      + destruct (Z.eqb_spec ((Zpos k * P) mod Zpos k') 0) as [R | R].
        2: cbn [coefficient]; rewrite (proj2 (Z.eqb_neq _ _) R), andb_false_r; lia.
        rewrite IH; [reflexivity | | exact J]. apply Z.mod_divide in R; [| lia].
        assert (Q : (Zpos k' | Zpos k)).
        { replace (Zpos k) with (Zpos k * P - Zpos k * (Z.of_nat L + 1) * M) by (unfold P; ring).
          apply Z.divide_sub_r; [exact R | apply Z.divide_mul_r, (HM (Sigmoid k') J)]. }
        apply Z.divide_pos_le in Q; [| lia]. assert (k' <> k) by congruence. lia. }
  intros [l | k] I; [| apply (S _ k (Nat.lt_succ_diag_r _) I)].
  specialize (E l). rewrite integer_sum_one with (x := Power l) in E; [| exact N | exact I |].
  - cbn in E. rewrite Z.eqb_refl in E. lia.
  - intros [l' | k] J D; [cbn; destruct (Z.eqb_spec l l'); [congruence | lia] |].
    rewrite (S _ k (Nat.lt_succ_diag_r _) J). reflexivity.
Qed.

(** The truncated series at t = B, a number modulo B^N: s_0 + s_1 B + ... + s_(N-1) B^(N-1). *)
Fixpoint digits (B : Z) (s : Z -> Z) (N : nat) : Z :=
  match N with O => 0 | S n => digits B s n + s (Z.of_nat n) * B ^ Z.of_nat n end.

Lemma digits_equal B s s' N : (forall n, 0 <= n < Z.of_nat N -> s n = s' n) -> digits B s N = digits B s' N.
Proof. induction N as [| N IH]; intro E; [reflexivity |]. cbn [digits]. rewrite IH, E; [reflexivity | lia | intros; apply E; lia]. Qed.

Lemma digits_add B s s' N : digits B (fun n => s n + s' n) N = digits B s N + digits B s' N.
Proof. induction N as [| N IH]; cbn [digits]; [| rewrite IH]; ring. Qed.

Lemma digits_scale B a s N : digits B (fun n => a * s n) N = a * digits B s N.
Proof. induction N as [| N IH]; cbn [digits]; [| rewrite IH]; ring. Qed.

Lemma digits_zero B s N : (forall n, 0 <= n < Z.of_nat N -> s n = 0) -> digits B s N = 0.
Proof. intro E. rewrite (digits_equal _ _ (fun _ => 0)) by exact E. clear E. induction N as [| N IH]; cbn [digits]; lia. Qed.

(** Multiplication by t^L. *)
Lemma digits_shift B s N L : (forall n, n < 0 -> s n = 0) ->
  congruent (B ^ Z.of_nat N) (B ^ Z.of_nat L * digits B s N) (digits B (fun n => s (n - Z.of_nat L)) N).
Proof.
  intro V. assert (E : digits B (fun n => s (n - Z.of_nat L)) (N + L) = B ^ Z.of_nat L * digits B s N).
  { induction N as [| N IH]; cbn [Nat.add digits].
    - rewrite digits_zero; [ring |]. intros n H. apply V. lia.
    - rewrite IH. replace (Z.of_nat (N + L) - Z.of_nat L) with (Z.of_nat N) by lia. rewrite Nat2Z.inj_add, Z.pow_add_r by lia. ring. }
  rewrite <- E. generalize (fun n => s (n - Z.of_nat L)). clear. intro s. induction L as [| L [k IH]].
  - rewrite Nat.add_0_r. exists 0. ring.
  - rewrite Nat.add_succ_r. cbn [digits]. rewrite IH, Nat2Z.inj_add, Z.pow_add_r by lia.
    exists (k + s (Z.of_nat N + Z.of_nat L) * B ^ Z.of_nat L). ring.
Qed.

Lemma digits_one B N : (0 < N)%nat -> digits B (coefficient (Power 0)) N = 1.
Proof.
  intro H. destruct N as [| N]; [lia |]. clear H. induction N as [| N IH]; [reflexivity |].
  change (digits B (coefficient (Power 0)) (S N) + coefficient (Power 0) (Z.of_nat (S N)) * B ^ Z.of_nat (S N) = 1).
  rewrite IH. reflexivity.
Qed.

Lemma digits_power B N L : (0 < N)%nat ->
  congruent (B ^ Z.of_nat N) (B ^ Z.of_nat L) (digits B (coefficient (Power (Z.of_nat L))) N).
Proof.
  intro H. pose proof (digits_shift B (coefficient (Power 0)) N L) as S. rewrite digits_one, Z.mul_1_r in S by exact H.
  rewrite (digits_equal _ _ (fun n => coefficient (Power 0) (n - Z.of_nat L))).
  - apply S. intros n V. cbn. destruct (Z.eqb_spec n 0); [lia | reflexivity].
  - intros n _. cbn. destruct (Z.eqb_spec n (Z.of_nat L)), (Z.eqb_spec (n - Z.of_nat L) 0); lia.
Qed.

Lemma coefficient_sigmoid k n : 0 <= n ->
  coefficient (Sigmoid k) n + coefficient (Sigmoid k) (n - Zpos k) = coefficient (Power 0) n.
Proof.
  intro N. cbn. replace (n - Zpos k) with (n + -1 * Zpos k) by ring. rewrite Z_mod_plus_full, Z_div_plus_full, Z.even_add by lia.
  pose proof (Z_div_mod_eq_full n (Zpos k)) as E. pose proof (Z.mod_pos_bound n (Zpos k)).
  destruct (Z.leb_spec 0 n); [| lia]. destruct (Z.eqb_spec (n mod Zpos k) 0) as [R | R].
  - destruct (Z.leb_spec 0 (n + -1 * Zpos k)), (Z.eqb_spec n 0); cbn.
    + lia.
    + destruct (Z.even _); reflexivity.
    + subst n. reflexivity.
    + rewrite Z.mod_small in R by lia. lia.
  - rewrite !andb_false_r. destruct (Z.eqb_spec n 0) as [-> |]; [| reflexivity]. rewrite Z.mod_0_l in R; lia.
Qed.

Lemma digits_sigmoid B N k : (0 < N)%nat ->
  congruent (B ^ Z.of_nat N) ((1 + B ^ Zpos k) * digits B (coefficient (Sigmoid k)) N) 1.
Proof.
  intro H. destruct (digits_shift B (coefficient (Sigmoid k)) N (Pos.to_nat k)) as [l E].
  - intros n V. cbn. destruct (Z.leb_spec 0 n); [lia | reflexivity].
  - exists l. rewrite positive_nat_Z in E. pose proof (digits_one B N H) as O.
    rewrite (digits_equal _ _ (fun n => coefficient (Sigmoid k) n + coefficient (Sigmoid k) (n - Zpos k))), digits_add in O
      by (intros n V; symmetry; apply coefficient_sigmoid; lia).
    lia.
Qed.

(** A series that vanishes in this sense for all B and N is 0. *)
Lemma digits_vanish s : (forall B N, 1 < B -> (0 < N)%nat -> congruent (B ^ Z.of_nat N) (digits B s N) 0) ->
  forall n, 0 <= n -> s n = 0.
Proof.
  intro H. enough (A : forall N n, 0 <= n < Z.of_nat N -> s n = 0) by (intros n V; apply (A (S (Z.to_nat n))); lia).
  induction N as [| N IH]; intros n V; [lia |]. destruct (Z.eq_dec n (Z.of_nat N)) as [-> | D]; [| apply IH; lia].
  set (a := s (Z.of_nat N)). destruct (H (Z.abs a + 2) (S N)) as [k E]; [lia | lia |]. cbn [digits] in E.
  rewrite digits_zero, Nat2Z.inj_succ, Z.pow_succ_r in E by (try exact IH; lia). fold a in E.
  assert (P : 0 < (Z.abs a + 2) ^ Z.of_nat N) by (apply Z.pow_pos_nonneg; lia).
  assert (F : a = k * (Z.abs a + 2)) by nia. destruct (Z.eq_dec k 0) as [-> |]; [lia | nia].
Qed.

Section Independence.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).
  Variable t : K.
  Hypothesis t_transcendental : transcendental K eqv t.

  Fixpoint power (n : nat) : K := match n with O => one | S n' => mul t (power n') end.

  Lemma power_add n n' : power (n + n') == mul (power n) (power n').
  Proof. induction n as [| n IH]; cbn [Nat.add power]; [| rewrite IH]; ring. Qed.

  Lemma power_positive_is n : power_positive K t n == power (Pos.to_nat n).
  Proof.
    induction n as [n IH | n IH |]; cbn [power_positive].
    - rewrite Pos2Nat.inj_xI. cbn [power Nat.mul]. rewrite !power_add, IH. cbn [power]. ring.
    - rewrite Pos2Nat.inj_xO. cbn [power Nat.mul]. rewrite !power_add, IH. cbn [power]. ring.
    - change (t == mul t one). ring.
  Qed.

  Lemma power_not_zero n : ~ power n == zero.
  Proof.
    assert (T : ~ t == zero).
    { intro E. apply (t_transcendental [0; 1]); [right; left; discriminate |]. cbn [at_t].
      change (of_Q (inject_Z 0)) with (@zero K). rewrite E. ring. }
    induction n as [| n IH]; cbn [power]; [apply (nontrivial K eqv laws) |].
    intro E. apply IH, (no_zero_divisors K eqv laws t); assumption.
  Qed.

  Section Place.
    Variables (B : Z) (N L : nat).
    Hypothesis B_large : 1 < B.
    Hypothesis N_positive : (0 < N)%nat.

    Lemma m_large : 1 < B ^ Z.of_nat N.
    Proof. apply Z.pow_gt_1; lia. Qed.

    (** K has residues modulo B^N, where t has B. *)
    Let P : place K eqv (B ^ Z.of_nat N) := place_at_t K eqv laws t t_transcendental _ B m_large.

    Lemma has_other x a b : congruent (B ^ Z.of_nat N) a b -> has P x a -> has P x b.
    Proof. intro C. apply (has_congruent _ _ _ P). apply congruent_mod; [pose proof m_large; lia | exact C]. Qed.

    Lemma has_integer z : has P (of_Q (inject_Z z)) z.
    Proof. rewrite <- (Z.mul_1_r z) at 2. apply (has_of_Q _ _ _ P). reflexivity. Qed.

    Lemma has_power n : has P (power n) (B ^ Z.of_nat n).
    Proof.
      induction n as [| n IH]; [apply (has_integer 1) |]. cbn [power]. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia.
      apply (has_mul _ _ _ P); [apply t_has_root | exact IH].
    Qed.

    Lemma has_meaning x : match x with Power l => - Z.of_nat L <= l | Sigmoid _ => True end ->
      has P (mul (power L) (meaning K t x)) (digits B (fun n => coefficient x (n - Z.of_nat L)) N).
    Proof.
      intro H. destruct x as [l | k]; cbn [meaning].
      - apply (has_other _ (B ^ (l + Z.of_nat L))).
        + pose proof (digits_power B N (Z.to_nat (l + Z.of_nat L)) N_positive) as C. rewrite Z2Nat.id in C by lia.
          erewrite digits_equal; [exact C |]. intros n _. cbn.
          destruct (Z.eqb_spec (n - Z.of_nat L) l), (Z.eqb_spec n (l + Z.of_nat L)); lia.
        + rewrite <- (Z2Nat.id (l + Z.of_nat L)) by lia. eapply (has_proper _ _ _ P); [| apply has_power].
          symmetry. destruct l as [| l | l]; cbn [power_integer].
          * rewrite Z.add_0_l, Nat2Z.id. ring.
          * rewrite power_positive_is, <- power_add. replace (L + Pos.to_nat l)%nat with (Z.to_nat (Zpos l + Z.of_nat L)) by lia.
            reflexivity.
          * set (n := Z.to_nat _). replace L with (n + Pos.to_nat l)%nat by lia. rewrite power_add, <- power_positive_is.
            transitivity (mul (power n) (mul (power_positive K t l) (inv (power_positive K t l)))); [ring |].
            rewrite (inverse K eqv laws); [ring |]. rewrite power_positive_is. apply power_not_zero.
      - eapply has_other; [apply digits_shift; intros n V; cbn; destruct (Z.leb_spec 0 n); [lia | reflexivity] |].
        apply (has_mul _ _ _ P); [apply has_power |]. apply (has_inv _ _ _ P _ (1 + B ^ Zpos k)).
        + apply congruent_mod; [pose proof m_large; lia |]. apply digits_sigmoid. exact N_positive.
        + apply (has_add _ _ _ P); [apply (has_integer 1) |]. rewrite <- positive_nat_Z.
          eapply (has_proper _ _ _ P); [symmetry; apply power_positive_is | apply has_power].
    Qed.

    Lemma has_sum (c : name -> Z) names :
      (forall l, In (Power l) names -> - Z.of_nat L <= l) ->
      has P (mul (power L) (sum (fun x => mul (of_Q (inject_Z (c x))) (meaning K t x)) names))
        (digits B (fun n => integer_sum (fun x => c x * coefficient x (n - Z.of_nat L)) names) N).
    Proof.
      intro H. induction names as [| x names IH]; cbn [sum integer_sum fold_right].
      - rewrite digits_zero by reflexivity. eapply (has_proper _ _ _ P); [| apply (has_integer 0)].
        change (@zero K == mul (power L) zero). ring.
      - rewrite digits_add, digits_scale. fold (sum (fun x => mul (of_Q (inject_Z (c x))) (meaning K t x)) names).
        eapply (has_proper _ _ _ P); [| apply (has_add _ _ _ P); [apply (has_mul _ _ _ P); [apply has_integer |] |]].
        2: apply (has_meaning x); destruct x; [apply H; left; reflexivity | exact I].
        2: apply IH; intros l I; apply H; right; exact I.
        ring.
    Qed.
  End Place.

  (** A relation with integer coefficients holds for the coefficients of the series. *)
  Lemma series_relation (c : name -> Z) names :
    sum (fun x => mul (of_Q (inject_Z (c x))) (meaning K t x)) names == zero ->
    forall n, integer_sum (fun x => c x * coefficient x n) names = 0.
  Proof.
    intros E n. destruct (exponents_bounded names) as [M H]. set (L := (M + Z.to_nat (Z.abs n))%nat).
    assert (H' : forall l, In (Power l) names -> - Z.of_nat L <= l) by (intros l I; apply H in I; lia).
    rewrite <- (digits_vanish (fun n => integer_sum (fun x => c x * coefficient x (n - Z.of_nat L)) names)) with (n := n + Z.of_nat L).
    - rewrite Z.add_simpl_r. reflexivity.
    - intros B N B_large N_positive. pose proof (m_large B N B_large N_positive).
      pose proof (has_sum B N L B_large N_positive c names H') as R. set (d := digits B _ N) in *.
      destruct (Z.eq_dec (d mod B ^ Z.of_nat N) 0) as [D | D]; [apply congruent_mod; [lia | rewrite D; reflexivity] |].
      exfalso. refine (has_nonzero _ _ _ _ _ _ D R _). rewrite E. ring.
    - lia.
  Qed.

  Theorem names_independent (c : name -> Q) names : NoDup names ->
    sum (fun x => mul (of_Q (c x)) (meaning K t x)) names == zero -> forall x, In x names -> (c x == 0)%Q.
  Proof.
    intros N E x I. destruct (common_multiple (fun x => Qden (c x)) names) as (d & D & H).
    set (c' := fun x => Qnum (c x) * (d / Zpos (Qden (c x)))).
    assert (C : forall y, In y names -> (inject_Z (c' y) == inject_Z d * c y)%Q).
    { intros y J. destruct (H y J) as [a A]. unfold c', Qeq. cbn [Qnum Qden inject_Z Qmult].
      rewrite Pos.mul_1_l, Z.mul_1_r, A, Z_div_mult by lia. ring. }
    assert (Z : c' x = 0).
    { apply (series_independent c' names N); [| exact I]. apply series_relation.
      transitivity (mul (of_Q (inject_Z d)) (sum (fun x => mul (of_Q (c x)) (meaning K t x)) names)); [| rewrite E; ring].
      clear - laws C. induction names as [| y names IH]; cbn [sum fold_right].
      { change (@zero K == mul (of_Q (inject_Z d)) zero). ring. }
      fold (sum (fun x => mul (of_Q (inject_Z (c' x))) (meaning K t x)) names).
      fold (sum (fun x => mul (of_Q (c x)) (meaning K t x)) names).
      rewrite IH by (intros z J; apply C; right; exact J).
      rewrite (of_Q_proper K eqv laws _ _ (C y (or_introl eq_refl))), (of_Q_mul K eqv laws). ring. }
    destruct (H x I) as [a A]. unfold c' in Z. rewrite A, Z_div_mult in Z by lia. unfold Qeq. cbn. nia.
  Qed.
End Independence.
